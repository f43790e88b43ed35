import { type Copydock, startCopydock } from './copydock.js';
import { runLoad } from './copydock-load.js';
import { checksum, type TargetState } from './databases.js';
import type { Json } from './http-client.js';
import { type Figures, medianFigures } from './measure.js';
import { makeResult, type Result } from './result.js';
import { median } from './statistics.js';
import type { World } from './world.js';

/** One piece of work that both sides do, beginning with the same state. */
export interface Comparison {
  scenario: string;
  rows: number;
  sizeBytes: number;
  state: TargetState;
  /** Where the rows end up, for the checksum. */
  table: string;
  rivalName: string;
  rival: () => Promise<Figures>;
  request: Json;
  /** Forced one by one, beside the planner's own pick. */
  strategies: readonly string[];
}

interface Side {
  label: string;
  runs: Figures[];
  rssMib: number[];
  refusal: string | null;
}

/**
 * Interleaves the runs of all sides, so that a noisy minute hits all of them; which one begins changes from round to
 * round. Every run must leave the same rows. A load that is not counted goes first: a worker in production is warm.
 */
export async function compare(world: World, comparison: Comparison): Promise<Result[]> {
  const { options } = world;
  await comparison.state.restore();
  const copydock = await startCopydock(world);
  const rows = new RowCheck(world, comparison.table);
  const rivalRuns: Figures[] = [];
  const forced = options.strategies === 'all' ? comparison.strategies : [];
  const sides = [null, ...forced].map((strategy) => ({ strategy, side: newSide(strategy ?? 'picked') }));
  const turns: (() => Promise<void>)[] = [
    async () => {
      rivalRuns.push(await comparison.rival());
      await rows.check(comparison.rivalName);
    },
    ...sides.map(
      ({ strategy, side }) =>
        () =>
          runSide(world, copydock, comparison, strategy, side, rows),
    ),
  ];
  try {
    await runLoad(world, copydock, comparison.request);
    for (let round = 0; round < options.runs; round += 1) {
      for (let turn = 0; turn < turns.length; turn += 1) {
        await comparison.state.restore();
        await turns[(turn + round) % turns.length]?.();
      }
    }
  } finally {
    await copydock.stop();
  }
  const rival = medianFigures(rivalRuns);
  return sides.map(({ side }) => toResult(comparison, side, rival));
}

function newSide(label: string): Side {
  return { label, runs: [], rssMib: [], refusal: null };
}

async function runSide(
  world: World,
  copydock: Copydock,
  { request }: Comparison,
  strategy: string | null,
  side: Side,
  rows: RowCheck,
): Promise<void> {
  if (side.refusal !== null) return;
  const run = await runLoad(world, copydock, {
    ...request,
    ...(strategy === null ? {} : { commit_strategy: strategy }),
  });
  if (run.kind === 'refused') {
    side.refusal = run.reason;
    return;
  }
  side.runs.push(run.figures);
  side.rssMib.push(run.rssMib);
  if (strategy === null) side.label = `picked: ${run.strategy}`;
  await rows.check(side.label);
}

/** The first run says what the rows must be. */
class RowCheck {
  readonly #world: World;
  readonly #table: string;
  #expected: string | null = null;

  constructor(world: World, table: string) {
    this.#world = world;
    this.#table = table;
  }

  async check(who: string): Promise<void> {
    const found = await checksum(this.#world, this.#table);
    this.#expected ??= found;
    if (found === this.#expected) return;
    throw new Error(`${who} left other rows than the first run: ${found} instead of ${this.#expected}`);
  }
}

function toResult(comparison: Comparison, side: Side, rival: Figures): Result {
  const { scenario, rows, sizeBytes, rivalName } = comparison;
  const known = { scenario, strategy: side.label, rows };
  if (side.refusal !== null) return makeResult({ ...known, note: side.refusal });
  const ours = medianFigures(side.runs);
  const spread = side.runs.map(({ seconds }) => seconds.toFixed(2)).join(' ');
  return makeResult({
    ...known,
    seconds: ours.seconds,
    rival: rivalName,
    rival_seconds: rival.seconds,
    ratio: ours.seconds / rival.seconds,
    wal_ratio: ours.walBytes / rival.walBytes,
    rss_mib: median(side.rssMib),
    mb_per_s: sizeBytes / 1e6 / ours.seconds,
    client_cpu_s: ours.clientCpuSeconds,
    server_cpu_s: ours.serverCpuSeconds,
    s3_cpu_s: ours.s3CpuSeconds,
    wal_mb: ours.walBytes / 1e6,
    rival_client_cpu_s: rival.clientCpuSeconds,
    rival_server_cpu_s: rival.serverCpuSeconds,
    rival_wal_mb: rival.walBytes / 1e6,
    note: `runs: ${spread}`,
  });
}
