/**
 * Many loads and many faults at once on real servers and processes, and then a checker that proves the guarantees:
 *
 *   npm run soak -- --seconds 60 --seed 1 [--backend redis|postgres] [--workers 3] [--json FILE]
 *
 * Loads and faults follow from the seed; how they interleave is up to the machine. Ends with 1 where a promise was broken.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startServers } from '../faults/harness/servers.js';
import { startWorld, type World } from '../faults/harness/world.js';
import {
  checkAccepted,
  checkAnswers,
  checkCancels,
  checkLitter,
  checkOutcomes,
  type Violation,
} from './check-loads.js';
import { checkAppliedOnce, checkContent, checkOrder, checkReceipts, checkSightings } from './check-target.js';
import { collectFacts, type Facts } from './facts.js';
import { Fleet } from './fleet.js';
import { SoakGround } from './ground.js';
import { FaultInjector } from './inject-faults.js';
import { readOptions, type SoakOptions } from './options.js';
import { planFaults } from './plan-faults.js';
import { planLoads } from './plan-loads.js';
import { playLoad } from './play-load.js';
import { Random } from './random.js';
import { Reader } from './reader.js';
import { report, summarise } from './report.js';
import { createTargetTables, TABLE_CONFIG } from './target-tables.js';

const APIS = 2;
/** Short, so that what a lost worker left is taken over while the soak still runs. */
const LEASE_S = 4;
/** Small parts and little memory, so that small files are many parts. */
const ENV = {
  COPYDOCK_LEASE_S: String(LEASE_S),
  COPYDOCK_PART_SIZE: '4KiB',
  COPYDOCK_BUFFER_MEMORY: '1MiB',
  COPYDOCK_SHUTDOWN_TIMEOUT_S: '2',
};
/** After the faults loads must end one after another, with no longer gap than this, however many are left. */
const LONGEST_GAP_MS = 180_000;
const CLEAN_TIMEOUT_MS = 180_000;

const CHECKS: ((facts: Facts) => Violation[])[] = [
  checkAccepted,
  checkOutcomes,
  checkCancels,
  checkAppliedOnce,
  checkOrder,
  checkContent,
  checkSightings,
  checkReceipts,
  checkAnswers,
  checkLitter,
];

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  const ground = new SoakGround();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void ground.undo().finally(() => process.exit(130)));
  }
  try {
    return await soak(ground, options);
  } finally {
    await ground.undo();
  }
}

async function soak(ground: SoakGround, options: SoakOptions): Promise<number> {
  const startedAt = Date.now();
  await ground.startS3();
  await ground.buildProgram();
  const servers = await startServers(ground);
  const world = await startWorld(ground, {
    backend: options.backend,
    servers,
    env: ENV,
    config: { environment: { concurrency: 2 }, ...TABLE_CONFIG },
  });
  await createTargetTables(world);
  const { facts, faults, polls } = await play(ground, world, options);
  const violations = CHECKS.flatMap((check) => check(facts));
  const found = { violations, faults, polls, totalMs: Date.now() - startedAt };
  await report(world, options, summarise(options, facts, found));
  return violations.length === 0 ? 0 : 1;
}

async function play(ground: SoakGround, world: World, options: SoakOptions) {
  const random = new Random(options.seed);
  const durationMs = options.seconds * 1000;
  const loads = planLoads(random.fork('loads'), durationMs);
  const planned = planFaults(random.fork('faults'), durationMs, options.backend === 'redis');
  const fleet = new Fleet(world, options.workers, APIS);
  ground.teardown(() => fleet.close());
  await fleet.waitUntilUp();
  say(`${loads.length} loads and ${planned.length} faults in ${options.seconds} s, seed ${options.seed}`);
  const reader = new Reader(world.databases.target);
  const calm = new AbortController();
  const over = new AbortController();
  const injector = new FaultInjector(world, fleet, LEASE_S * 1000, calm.signal);
  const at = (atMs: number, act: () => Promise<unknown>) => sleep(atMs).then(act);
  const playing = loads.map((load) =>
    sleep(load.atMs).then(() => playLoad(world, fleet, load, `s${options.seed}`, over.signal)),
  );
  const injecting = planned.map((fault) =>
    at(fault.atMs, () => injector.inject(fault)).catch((error: Error) =>
      say(`the fault ${fault.kind} could not be done: ${error.message.slice(0, 120)}`),
    ),
  );
  await sleep(durationMs);
  calm.abort();
  await Promise.all(injecting);
  injector.countArmed();
  world.proxies.heal();
  fleet.calm();
  say('calm');
  await fleet.waitUntilUp();
  const patience = setTimeout(() => over.abort(), LONGEST_GAP_MS);
  const played = await Promise.all(playing.map((end) => end.finally(() => patience.refresh())));
  clearTimeout(patience);
  say('all loads were followed to their end');
  const litter = await world.waitUntilClean(CLEAN_TIMEOUT_MS);
  say('clean');
  await reader.stop();
  const told = { played, sightings: reader.sightings, litter, processFaults: fleet.faults() };
  return { facts: await collectFacts(world, fleet, told), faults: injector.fired, polls: reader.polls };
}

/** With the seconds since the start. */
function say(message: string): void {
  console.log(`${Math.round(process.uptime())} s: ${message}`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.stack : error);
  process.exitCode = 2;
}
process.exit();
