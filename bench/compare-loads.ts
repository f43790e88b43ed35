import { type Copydock, startCopydock } from './copydock.js';
import { runLoad } from './copydock-load.js';
import { checksum, type TargetState } from './databases.js';
import type { Json } from './http-client.js';
import { type Figures, medianFigures } from './measure.js';
import { makeResult, type Result } from './result.js';
import { median } from './statistics.js';
import type { World } from './world.js';

/** A load of ours that is compared with others of ours. */
export interface OwnLoad {
  label: string;
  request: Json;
  /** That the table must hold afterwards. */
  rows: number;
  sizeBytes: number;
}

interface Side {
  load: OwnLoad;
  strategy: string;
  runs: Figures[];
  rssMib: number[];
}

/** Interleaves loads into the same state and compares all others with the first. One that is not counted goes first. */
export async function compareLoads(
  world: World,
  scenario: string,
  state: TargetState,
  loads: readonly OwnLoad[],
): Promise<Result[]> {
  await state.restore();
  const sides = loads.map((load): Side => ({ load, strategy: '', runs: [], rssMib: [] }));
  const copydock = await startCopydock(world);
  try {
    for (const { load } of sides.slice(0, 1)) await runLoad(world, copydock, load.request);
    for (let round = 0; round < world.options.runs; round += 1) {
      for (const side of sides) {
        await state.restore();
        await runSide(world, copydock, side);
      }
    }
  } finally {
    await copydock.stop();
  }
  const [first, ...others] = sides;
  return first === undefined ? [] : others.map((side) => toResult(scenario, side, first));
}

async function runSide(world: World, copydock: Copydock, side: Side): Promise<void> {
  const { rows, request } = side.load;
  const run = await runLoad(world, copydock, request);
  if (run.kind === 'refused') throw new Error(run.reason);
  const found = await checksum(world, 'entity');
  if (!found.startsWith(`${rows} rows`)) throw new Error(`expected ${rows} rows, found ${found}`);
  side.strategy = run.strategy;
  side.runs.push(run.figures);
  side.rssMib.push(run.rssMib);
}

function toResult(scenario: string, { load, strategy, runs, rssMib }: Side, first: Side): Result {
  const ours = medianFigures(runs);
  const rival = medianFigures(first.runs);
  const rss = median(rssMib);
  return makeResult({
    scenario,
    strategy: `picked: ${strategy}`,
    rows: load.rows,
    seconds: ours.seconds,
    rival: first.load.label,
    rival_seconds: rival.seconds,
    ratio: ours.seconds / rival.seconds,
    wal_ratio: ours.walBytes / rival.walBytes,
    rss_mib: rss,
    mb_per_s: load.sizeBytes / 1e6 / ours.seconds,
    client_cpu_s: ours.clientCpuSeconds,
    server_cpu_s: ours.serverCpuSeconds,
    rival_client_cpu_s: rival.clientCpuSeconds,
    rival_server_cpu_s: rival.serverCpuSeconds,
    note: `${load.label}; RSS ${(rss / median(first.rssMib)).toFixed(2)} of that of ${first.load.label}`,
  });
}
