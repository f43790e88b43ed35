import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import type { Proxies } from '../harness/proxies.js';
import { startServers } from '../harness/servers.js';
import type { ServiceProcess } from '../harness/service-process.js';
import type { World } from '../harness/world.js';
import { WORKER_SETTINGS } from './crew.js';
import { startMatrixWorld } from './matrix-world.js';
import { PARTS_BEFORE } from './moments.js';
import { type MeasuredRecovery, writeResult } from './results.js';
import { Scenario } from './scenario.js';

const LIMIT_S = 30;
const ROUND_TIMEOUT_MS = 180_000;
const POLL_MS = 5;
/** Longer than a lease: after an outage, and a start is one, nobody takes over for so long. */
const SETTLED_S = 16;

/** A load whose worker is about to be lost, and the worker that waits beside it. */
export interface Pair {
  world: World;
  scenario: Scenario;
  first: ServiceProcess;
  /** Before the first worker alone. */
  proxies: Proxies;
  second: ServiceProcess;
}

/**
 * Loses a worker again and again, with the default lease, and measures each time how long it takes until another one
 * has staged or copied a part. `lose` answers when it was lost, by performance.now().
 */
export function measureRecoveries(
  t: Test,
  recovery: MeasuredRecovery['recovery'],
  rounds: number,
  lose: (t: Test, pair: Pair) => Promise<{ lostAt: number; check: () => Promise<void> }>,
): void {
  t.setTimeout(rounds * ROUND_TIMEOUT_MS);
  t.test(`a worker is ${recovery}, ${rounds} times`, async (t) => {
    const world = await startMatrixWorld(t, 'redis', await startServers(t), rounds);
    await waitUntilSettled(world);
    const seconds: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      await t.test(`round ${round}`, { timeout: ROUND_TIMEOUT_MS }, async (t) => {
        const pair = await startPair(world, round);
        const { lostAt, check } = await lose(t, pair);
        const tookS = ((await waitForProgress(pair)) - lostAt) / 1000;
        seconds.push(Math.round(tookS * 10) / 10);
        t.ok(tookS < LIMIT_S, `the next progress came after ${tookS.toFixed(1)} s`);
        t.match(await world.api.waitUntilDone(pair.scenario.id), { status: 'succeeded' });
        await check();
        t.equal(await pair.scenario.look(), 'new');
        await Promise.all([pair.first.destroy(), pair.second.destroy()]);
      });
    }
    await writeResult({ recovery, seconds });
  });
}

async function waitUntilSettled(world: World): Promise<void> {
  for (;;) {
    const [row] = await world.inControl(
      `SELECT now() > no_takeover_until AND now() > pg_postmaster_start_time() + interval '${SETTLED_S} s' AS done
         FROM copydock.control_state`,
    );
    if (row?.done === true) return;
    await sleep(100);
  }
}

/** The first worker stands still within the load before the second one starts, so that it is the first who has it. */
async function startPair(world: World, round: number): Promise<Pair> {
  const scenario = new Scenario(world, { fault: 'kill', moment: 'copying', expected: 'succeeded' }, round);
  await scenario.prepare();
  const armings = [{ step: 'part_copied', act: 'pause', load: scenario.id, nth: PARTS_BEFORE } as const];
  const proxies = await world.startProxies();
  const first = await world.startWorker({ env: WORKER_SETTINGS, armings, proxies });
  await world.api.putLoad(scenario.id, scenario.request);
  await first.waitForArming(0);
  const second = await world.startWorker({ env: WORKER_SETTINGS });
  return { world, scenario, first, proxies, second };
}

async function waitForProgress({ second, scenario }: Pair): Promise<number> {
  const isProgress = ({ step, load }: { step: string; load: string }) =>
    load === scenario.id && (step === 'part_staged' || step === 'part_copied');
  while (!second.steps.some(isProgress)) await sleep(POLL_MS);
  return performance.now();
}
