import { lockTable, type Outcome, type Scenario, type World } from '../scenario.js';
import {
  type DataSet,
  loadsOf,
  makeDataSet,
  poll,
  readRun,
  trigger,
  triggerFor,
  waitForEnd,
  waitForLoad,
  waitForLooks,
} from '../world.js';
import { MODES, playModes } from './states.js';

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
  play: async (world) => {
    await world.copydock.stopWorker();
    let waiting = 0;
    const isUp = (async () => {
      await poll('Three sensors that wait', async () => waiting === MODES.length);
      await world.copydock.startWorker();
    })();
    return playModes(world, 'no-worker', async (run) => {
      await waitForLooks(world, await waitForLoad(world, run), 2);
      waiting += 1;
      await isUp;
      await waitForEnd(world, run);
      return SUCCEEDED;
    });
  },
};

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
