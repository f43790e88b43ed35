import type { FaultName } from './faults/index.js';
import type { Moment } from './moments.js';

export type Strategy = 'delete_insert' | 'direct' | 'append';

/** How the load ends: `failed` with this code. Whatever the end, the target holds exactly the old or the new rows. */
export type Expected = 'succeeded' | 'cancelled' | { failed: string };

/** One cell of the table: what is broken, when, and what becomes of the load. */
export interface Cell {
  fault: FaultName;
  moment: Moment;
  expected: Expected;
  /** Default: delete_insert. */
  strategy?: Strategy;
}

/** A fault at these moments with one end. */
export function cells(
  fault: FaultName,
  moments: readonly Moment[],
  expected: Expected,
  strategy?: Strategy,
): Cell[] {
  return moments.map((moment) => ({
    fault,
    moment,
    expected,
    ...(strategy === undefined ? {} : { strategy }),
  }));
}

export function strategyOf(cell: Cell): Strategy {
  return cell.strategy ?? 'delete_insert';
}

export function describeExpected(expected: Expected): string {
  return typeof expected === 'string' ? expected : `failed: ${expected.failed}`;
}
