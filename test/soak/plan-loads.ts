import type { Flaw, LoadKind, PlannedLoad, SourceRow } from './planned-load.js';
import { SAMPLE_SCOPE } from './planned-load.js';
import type { Random } from './random.js';

const MEAN_GAP_MS = 700;
const SCOPED = ['alpha', 'beta', 'gamma'];
/** First id of each data set; the last is that of rows that belong to nobody's load. */
const FIRST_ID: Record<string, number> = {
  alpha: 0,
  beta: 1e6,
  gamma: 2e6,
  whole: 0,
  journal: 0,
  other: 9e6,
};
const IDS = 400;
const FULL_STRATEGIES = { chosen: 3, direct: 2, delete_insert: 3, diff: 2 };

/** The loads of a soak: which, when, with what rows. The same for the same seed and duration. */
export function planLoads(random: Random, durationMs: number): PlannedLoad[] {
  const loads: PlannedLoad[] = [];
  let atMs = 0;
  for (;;) {
    atMs += random.int(0, 2 * MEAN_GAP_MS);
    if (atMs >= durationMs) return loads;
    loads.push(planLoad(random.fork(`load ${loads.length}`), loads.length, atMs));
  }
}

function planLoad(random: Random, index: number, atMs: number): PlannedLoad {
  const tag = `L${String(index).padStart(4, '0')}`;
  const what = random.weighted({ entity: 5, whole: 2, journal: 2, sample: 1 });
  const kind = decideKind(random, what);
  const table = what === 'sample' ? 'whole' : what;
  const dataSet = table === 'entity' ? random.pick(SCOPED) : table;
  const flaw = random.chance(0.12) ? decideFlaw(random, kind) : null;
  const isMended = (flaw === 'bad_value' || flaw === 'missing_source') && random.chance(0.5);
  return {
    tag,
    atMs,
    kind,
    dataSet,
    table,
    scope: kind === 'sample' ? SAMPLE_SCOPE : table === 'entity' ? `${table}/${dataSet}` : `${table}/*`,
    strategy: decideStrategy(random, kind),
    flaw,
    isMended,
    submission: random.weighted({ put: 3, post: 4, post_twice: 2 }),
    cancelAfterMs: random.chance(0.12) ? random.int(0, 1_500) : null,
    retries: isMended ? 2 : random.chance(0.4) ? random.int(1, 2) : 0,
    sampleRows: kind === 'sample' ? random.int(5, 60) : null,
    objects: makeObjects(random, { tag, kind, table, dataSet, flaw }),
  };
}

function decideKind(random: Random, what: 'entity' | 'whole' | 'journal' | 'sample'): LoadKind {
  if (what === 'journal') return 'append';
  return what === 'sample' ? 'sample' : random.weighted({ full: 3, delta: 2 });
}

function decideFlaw(random: Random, kind: LoadKind): Flaw {
  const keyed = kind === 'full' || kind === 'delta' ? 2 : 0;
  // A sample may end before it comes to the bad row.
  const bad = kind === 'sample' ? 0 : 3;
  return random.weighted({ bad_value: bad, missing_source: 2, duplicate_key: keyed, missing_table: 1 });
}

/** null: the planner's choice. */
function decideStrategy(random: Random, kind: LoadKind): string | null {
  if (kind !== 'full') return null;
  const strategy = random.weighted(FULL_STRATEGIES);
  return strategy === 'chosen' ? null : strategy;
}

type Source = Pick<PlannedLoad, 'tag' | 'kind' | 'table' | 'dataSet' | 'flaw'>;

function makeObjects(random: Random, source: Source): SourceRow[][] {
  const ids = pickIds(random, source);
  const rows = ids.map((id, line) => ({ id, dataset: source.dataSet, load: source.tag, line }));
  if (source.flaw === 'duplicate_key') repeatKey(rows);
  return dealOut(random, source.table === 'entity' ? addForeignRows(random, rows) : rows);
}

function pickIds(random: Random, { kind, dataSet }: Source): number[] {
  const first = FIRST_ID[dataSet] ?? 0;
  const share = kind === 'full' ? random.int(10, 100) / 100 : random.int(5, 50) / 100;
  const ids = random.sample(
    Array.from({ length: IDS }, (_, index) => first + index),
    share,
  );
  return ids.length >= 2 ? ids : [first, first + 1];
}

function repeatKey(rows: SourceRow[]): void {
  const [first] = rows;
  const last = rows.at(-1);
  if (first !== undefined && last !== undefined) last.id = first.id;
}

/** Rows of another data set, which a scoped load leaves out. */
function addForeignRows(random: Random, rows: SourceRow[]): SourceRow[] {
  if (random.chance(0.6)) return rows;
  const foreign = random.sample(rows, 0.1).map((row) => ({
    ...row,
    id: (FIRST_ID.other ?? 0) + row.line,
    dataset: 'other',
    line: row.line + 100_000,
  }));
  return [...rows, ...foreign];
}

function dealOut(random: Random, rows: SourceRow[]): SourceRow[][] {
  const count = Math.min(random.int(1, 4), rows.length);
  const size = Math.ceil(rows.length / count);
  return Array.from({ length: count }, (_, index) => rows.slice(index * size, (index + 1) * size)).filter(
    (part) => part.length > 0,
  );
}
