import {
  lockTable,
  type Mode,
  type Outcome,
  type Scenario,
  sensorRequestsOf,
  type World,
} from '../scenario.js';
import {
  clear,
  loadsOf,
  makeDataSet,
  poll,
  putRows,
  readRun,
  triggerFor,
  waitForEnd,
  waitForLoad,
  waitForLooks,
} from '../world.js';
import { playModes } from './states.js';

/** The state of a sensor that waits. Airflow itself loses the mark of a task that is just being rescheduled. */
const AT_REST: Record<Mode, string> = {
  poke: 'running',
  reschedule: 'up_for_reschedule',
  deferrable: 'deferred',
};

/** The task that fails with the reason. */
const judgeOf = (mode: string) => (mode === 'deferrable' ? 'check' : 'wait');

export const cleared: Scenario = {
  name: 'task cleared',
  play: async (world) => {
    const dataSet = await makeDataSet(world, 'cleared');
    await putRows(dataSet, 'many');
    const runs = [
      await triggerFor(world, 'scenario_poke', dataSet),
      await triggerFor(world, 'scenario_poke', dataSet),
    ] as const;
    const faults: string[] = [];
    for (const run of runs) {
      const first = await waitForEnd(world, run);
      if (first !== 'failed') faults.push(`at first the run is ${first}`);
    }
    await clear(world, runs[0], 'wait', false);
    await putRows(dataSet, '7');
    await clear(world, runs[1], 'submit', true);
    return [
      {
        label: 'only the sensor of a failed load',
        run: runs[0],
        expected: 'failed',
        loads: 1,
        statuses: ['failed'],
        cause: { task: 'wait', pattern: /(?<=409 Load failed: .*)To load again, clear the submit task/ },
        faults,
      },
      {
        label: 'the submit task, after the file was mended',
        run: runs[1],
        expected: 'success',
        loads: 2,
        statuses: ['failed', 'succeeded'],
        faults,
      },
    ];
  },
};

/** The record of the load is gone while the sensor waits. */
export const unknownId: Scenario = {
  name: 'load unknown',
  play: async (world) => {
    await world.copydock.stopWorker();
    try {
      return await playModes(world, 'unknown', async (run, mode) => {
        const load = await waitForLoad(world, run);
        const { id } = load;
        await waitForLooks(world, load, 1);
        await world.copydock.sql('DELETE FROM copydock.loads WHERE id = $1', [id]);
        await waitForEnd(world, run);
        const seen = sensorRequestsOf(world.proxy.seen, [id]);
        const faults = seen.at(-1)?.status === 410 ? [] : [`the last answer was ${seen.at(-1)?.status}`];
        const cause = { task: judgeOf(mode), pattern: /410 No load has the id/ };
        return { expected: 'failed', loads: 0, statuses: [], cause, faults, ids: [id] };
      });
    } finally {
      await world.copydock.startWorker();
    }
  },
};

export const waitTimesOut: Scenario = {
  name: 'wait times out',
  play: (world) =>
    playCancelled(world, 'timeout', 'scenario_short_wait_', async () => {}, {
      task: 'wait',
      pattern: /(The wait has|Sensor has) timed out|AirflowSensorTimeout/,
    }),
};

export const markedFailed: Scenario = {
  name: 'run marked failed',
  play: (world) =>
    playCancelled(world, 'marked', 'scenario_', async (run, mode) => {
      await waitForLooks(world, await waitForLoad(world, run), 1);
      await poll('A sensor at rest', async () => {
        const { tasks } = await readRun(world, run);
        return tasks.some(({ task_id, state }) => task_id === 'wait' && state === AT_REST[mode]);
      });
      await world.airflow.ask({ do: 'mark_failed', dag_id: run.dagId, run_id: run.runId });
    }),
};

/** The load is held up until it is cancelled. */
async function playCancelled(
  world: World,
  name: string,
  dagPrefix: string,
  act: (run: Outcome['run'], mode: Mode) => Promise<void>,
  cause?: Outcome['cause'],
): Promise<Outcome[]> {
  const releases: (() => Promise<void>)[] = [];
  try {
    return await playModes(
      world,
      name,
      async (run, mode) => {
        await act(run, mode);
        await waitForEnd(world, run);
        await poll('The cancelled load', async () => (await loadsOf(world, run))[0]?.status === 'cancelled');
        return { expected: 'failed', loads: 1, statuses: ['cancelled'], ...(cause ? { cause } : {}) };
      },
      async ({ table }) => releases.push(await lockTable(world.copydock, table)),
      dagPrefix,
    );
  } finally {
    for (const release of releases) await release();
  }
}
