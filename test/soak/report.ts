import { writeFile } from 'node:fs/promises';
import type { World } from '../faults/harness/world.js';
import type { Violation } from './check-loads.js';
import type { Facts } from './facts.js';
import type { SoakOptions } from './options.js';

export interface Summary {
  seed: number;
  backend: string;
  seconds: number;
  total_seconds: number;
  loads: Record<string, number>;
  failures: Record<string, number>;
  attempts: number;
  faults: Record<string, number>;
  reader: { polls: number; states: number };
  violations: Violation[];
}

export function summarise(
  options: SoakOptions,
  facts: Facts,
  found: { violations: Violation[]; faults: ReadonlyMap<string, number>; polls: number; totalMs: number },
): Summary {
  const { loads } = facts;
  return {
    seed: options.seed,
    backend: options.backend,
    seconds: options.seconds,
    total_seconds: Math.round(found.totalMs / 1000),
    loads: { accepted: loads.length, ...countBy(loads, ({ status }) => status) },
    failures: countBy(
      loads.filter(({ status }) => status === 'failed'),
      ({ errorCode }) => errorCode ?? 'none',
    ),
    attempts: loads.reduce((sum, { attempt }) => sum + attempt, 0),
    faults: Object.fromEntries([...found.faults].sort(([left], [right]) => (left < right ? -1 : 1))),
    reader: {
      polls: found.polls,
      states: [...facts.sightings.values()].reduce((sum, states) => sum + states.length, 0),
    },
    violations: found.violations,
  };
}

export async function report(world: World, options: SoakOptions, summary: Summary): Promise<void> {
  for (const violation of summary.violations) await printViolation(world, violation);
  const { violations, ...figures } = summary;
  console.log(JSON.stringify(figures, null, 2));
  const replay = `npm run soak -- --seconds ${options.seconds} --seed ${options.seed} --backend ${options.backend} --workers ${options.workers}`;
  console.log(`${violations.length} violations. The same again: ${replay}`);
  if (options.json !== null) await writeFile(options.json, `${JSON.stringify(summary, null, 2)}\n`);
}

/** With the load's own log, as far as it is about one load. */
async function printViolation(world: World, { rule, load, detail }: Violation): Promise<void> {
  console.log(`VIOLATION ${rule}${load === undefined ? '' : ` (${load})`}: ${detail}`);
  if (load === undefined) return;
  const lines = await world.inControl(
    `SELECT g.attempt, g.at, g.level, g.message FROM copydock.load_logs g JOIN copydock.loads l ON l.id = g.load_id
      WHERE l.request->'labels'->>'tag' = $1 ORDER BY g.seq`,
    [load],
  );
  for (const { attempt, at, level, message } of lines) {
    console.log(`    ${(at as Date).toISOString()} attempt ${attempt} ${level} ${message}`);
  }
}

function countBy<T>(items: readonly T[], key: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1;
  return counts;
}
