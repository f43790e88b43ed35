import type { StepName } from '../../../src/worker/steps.js';

/** When a fault strikes: the columns of the table, in the order of a load's life. */
export const MOMENTS = {
  accepted: { title: 'after accept', step: 'claimed' },
  planned: { title: 'planned', step: 'planned' },
  staging: { title: 'while staging', step: 'part_staged' },
  copying: { title: 'while copying', step: 'part_copied' },
  before_commit: { title: 'before commit', step: 'applied' },
  /** The server has committed, and its answer is withheld. */
  commit_sent: { title: 'commit sent, answer lost', step: null },
  after_commit: { title: 'after commit', step: 'committed' },
  cleaning: { title: 'while cleaning', step: 'cleaning' },
  half_cleaned: { title: 'half cleaned', step: 'objects_removed' },
} as const satisfies Record<string, { title: string; step: StepName | null }>;

export type Moment = keyof typeof MOMENTS;

/** A fault among the parts strikes once so many are done: the first object is whole then, the second is not. */
export const PARTS_BEFORE = 7;

/** At which time of the step the fault strikes. */
export function nthOf(moment: Moment): number {
  return moment === 'staging' || moment === 'copying' ? PARTS_BEFORE : 1;
}
