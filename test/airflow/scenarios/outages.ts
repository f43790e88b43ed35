import {
  lockTable,
  type Mode,
  type Outcome,
  POKE_INTERVAL_S,
  type Scenario,
  sensorRequestsOf,
  type World,
} from '../scenario.js';
import {
  type DataSet,
  loadsOf,
  makeDataSet,
  poll,
  putRows,
  readRun,
  trigger,
  triggerFor,
  waitForEnd,
  waitForLoad,
  waitForLooks,
} from '../world.js';
import { type Finish, MODES, playModes } from './states.js';

const SUCCEEDED = { expected: 'success', loads: 1, statuses: ['succeeded'] };

/** The load waits for a lock on its table until the sensor has looked three times. */
export const slowLoad: Scenario = {
  name: 'slow load',
  play: (world) =>
    playLocked(world, 'slow', async (run) => {
      await waitForLooks(world, await waitForLoad(world, run), 3);
    }),
};

export const copydockRestarted: Scenario = {
  name: 'Copydock restarted while the sensor waits',
  play: async (world) => {
    const { copydock } = world;
    let waiting = 0;
    let missed = 0;
    const isUp = (async () => {
      await poll('Three sensors that wait', async () => waiting === MODES.length);
      await copydock.stopApi();
      await copydock.stopWorker();
      await poll('Three sensors that asked in vain', async () => missed === MODES.length);
      await copydock.startApi();
      await copydock.startWorker();
    })();
    return playLocked(world, 'restart', async (run) => {
      const load = await waitForLoad(world, run);
      await waitForLooks(world, load, 1);
      waiting += 1;
      await waitForLooks(world, load, 1, null);
      missed += 1;
      await isUp;
    });
  },
};

export const workerDown: Scenario = {
  name: 'worker down for a while',
  play: (world) =>
    playWithoutWorker(world, 'no-worker', async (run) => {
      await waitForEnd(world, run);
      return SUCCEEDED;
    }),
};

/** It fails while the sensor waits, so that the time until the wait fails can be measured. */
export const failedLoad: Scenario = {
  name: 'failed load',
  play: (world) =>
    playWithoutWorker(
      world,
      'failing',
      async (run, mode) => {
        await waitForEnd(world, run);
        const cause = {
          task: mode === 'deferrable' ? 'check' : 'wait',
          pattern: /409 Load failed: .*column amount/,
        };
        const faults = await checkFirstLook(world, run, mode);
        return { expected: 'failed', loads: 1, statuses: ['failed'], cause, faults };
      },
      (dataSet) => putRows(dataSet, 'many'),
    ),
};

/** The worker starts when each sensor has looked twice. */
async function playWithoutWorker(
  world: World,
  name: string,
  finish: Finish,
  prepare?: (dataSet: DataSet) => Promise<unknown>,
): Promise<Outcome[]> {
  await world.copydock.stopWorker();
  let waiting = 0;
  const isUp = (async () => {
    await poll('Three sensors that wait', async () => waiting === MODES.length);
    await world.copydock.startWorker();
  })();
  const finishWithWorker: Finish = async (run, mode, dataSet) => {
    await waitForLooks(world, await waitForLoad(world, run), 2);
    waiting += 1;
    await isUp;
    return finish(run, mode, dataSet);
  };
  return playModes(world, name, finishWithWorker, prepare);
}

/** A wait fails at the first look after the load's end; that look comes within an interval and a second in poke mode. */
async function checkFirstLook(world: World, run: Outcome['run'], mode: Mode): Promise<string[]> {
  const [load] = await loadsOf(world, run);
  if (!load?.finished_at) return ['the load has not ended'];
  const end = load.finished_at.getTime();
  const looks = sensorRequestsOf(world.proxy.seen, [load.id]).filter(
    ({ path, at }) => path.endsWith('/gate') && at > end,
  );
  const [first] = looks;
  if (first === undefined) return ['nobody looked at the gate after the end'];
  const faults = looks.filter(({ status }) => status !== 409).map(({ status }) => `${status} after the end`);
  const seconds = (first.at - end) / 1_000;
  console.log(`    ${mode}: the wait failed ${seconds.toFixed(1)} s after the load`);
  if (mode === 'poke' && seconds > POKE_INTERVAL_S + 1) faults.push(`failed ${seconds} s after the load`);
  return faults;
}

export const answerLost: Scenario = {
  name: 'retried after a lost POST answer',
  play: async (world) => {
    const dataSet = await makeDataSet(world, 'answer-lost');
    const before = world.proxy.seen.length;
    world.proxy.loseNextAnswer((path) => path === '/v1/loads');
    const run = await triggerFor(world, 'scenario_poke', dataSet);
    await waitForEnd(world, run);
    const posts = world.proxy.seen.slice(before).filter(({ path }) => path === '/v1/loads');
    const submit = (await readRun(world, run)).tasks.find(({ task_id }) => task_id === 'submit');
    const faults = [];
    if (posts.length !== 2) faults.push(`${posts.length} POSTs, not 2`);
    if (submit?.try_number !== 2) faults.push(`submit had ${submit?.try_number} tries, not 2`);
    const cause = { task: 'submit', pattern: /Connection aborted|RemoteDisconnected|ConnectionError/ };
    return [{ label: '', run, ...SUCCEEDED, cause, faults }];
  },
};

/** Two of three mapped loads are good: each fails or succeeds for itself. */
export const mapped: Scenario = {
  name: 'three mapped loads, one without its table',
  play: async (world) => {
    for (const name of ['mapped-a', 'mapped-b', 'mapped-c']) {
      await makeDataSet(world, name, `mapped/${name}.csv`);
    }
    await world.copydock.sql('DROP TABLE mapped_b');
    const run = await trigger(world, 'scenario_mapped');
    await waitForEnd(world, run);
    const loads = await loadsOf(world, run);
    const failed = loads.filter(({ status }) => status === 'failed').length;
    const { tasks } = await readRun(world, run);
    const waits = tasks.filter(({ task_id }) => task_id === 'load.wait').map(({ state }) => state);
    const faults = [];
    if (failed !== 1) faults.push(`${failed} failed loads, not 1`);
    if (waits.sort().join() !== 'failed,success,success') faults.push(`the waits are ${waits.join(', ')}`);
    const cause = { task: 'load.wait', pattern: /409 Load failed: .*mapped_b/ };
    const statuses = loads.map(({ status }) => status);
    return [{ label: '', run, expected: 'failed', loads: 3, statuses, cause, faults }];
  },
};

async function playLocked(
  world: World,
  name: string,
  whileLocked: (run: Outcome['run']) => Promise<void>,
): Promise<Outcome[]> {
  const releases: (() => Promise<void>)[] = [];
  const lock = async ({ table }: DataSet) => releases.push(await lockTable(world.copydock, table));
  const release = async () => {
    for (const open of releases.splice(0)) await open();
  };
  let waiting = MODES.length;
  const finish = async (run: Outcome['run']) => {
    await whileLocked(run);
    waiting -= 1;
    if (waiting === 0) await release();
    await waitForEnd(world, run);
    return SUCCEEDED;
  };
  try {
    return await playModes(world, name, finish, lock);
  } finally {
    await release();
  }
}
