import { type PlannedLoad, rowsInScope, rowsOf } from './planned-load.js';

/** What a scope holds: by key, which line of which load. Rows without a key have `load:line` for one. */
export type ModelState = ReadonlyMap<string, string>;

export const EMPTY: ModelState = new Map();

/** What a load makes of a scope. Written from the words of the design, not from the service's code. */
export function applyToModel(state: ModelState, load: PlannedLoad): ModelState {
  switch (load.kind) {
    case 'full':
      return marksOf(rowsInScope(load));
    case 'delta':
      return new Map([...state, ...marksOf(rowsInScope(load))]);
    case 'append':
      return new Map([...state, ...rowsOf(load).map((row) => keyless(`${row.load}:${row.line}`))]);
    case 'sample':
      return marksOf(rowsOf(load).slice(0, load.sampleRows ?? 0));
  }
}

/** As the reader's statements write it: by load, how many rows and the sum of their lines. */
export function digestOf(state: ModelState): string {
  const byLoad = new Map<string, { rows: number; lines: number }>();
  for (const mark of state.values()) {
    const [load = '', line = '0'] = mark.split(':');
    const sums = byLoad.get(load) ?? { rows: 0, lines: 0 };
    byLoad.set(load, { rows: sums.rows + 1, lines: sums.lines + Number(line) });
  }
  return [...byLoad]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([load, { rows, lines }]) => `${load}:${rows}:${lines}`)
    .join(' ');
}

function marksOf(rows: ReturnType<typeof rowsOf>): Map<string, string> {
  return new Map(rows.map(({ id, load, line }) => [String(id), `${load}:${line}`]));
}

function keyless(mark: string): [string, string] {
  return [mark, mark];
}
