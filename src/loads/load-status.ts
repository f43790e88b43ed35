/** States of an attempt, in the order of its life. */
export const LOAD_STATUSES = [
  'queued',
  'staging',
  'copying',
  'committing',
  'succeeded',
  'failed',
  'cancelled',
] as const;
export type LoadStatus = (typeof LOAD_STATUSES)[number];

export const TERMINAL_STATUSES = [
  'succeeded',
  'failed',
  'cancelled',
] as const satisfies readonly LoadStatus[];
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number];

/**
 * The allowed transitions. `committing` is the point of no return: from there `cancelled` can't be reached, and a
 * terminal state is written only after the target was asked whether the load was applied (docs/commit-protocol.md).
 * `succeeded` is reachable from every working state, since a lost commit answer may be found by any later owner.
 */
const TRANSITIONS: Record<LoadStatus, readonly LoadStatus[]> = {
  queued: ['staging', 'failed', 'cancelled'],
  staging: ['copying', 'committing', 'failed', 'cancelled'],
  // A dry run commits nothing, so it succeeds from here.
  copying: ['committing', 'succeeded', 'failed', 'cancelled'],
  committing: ['succeeded', 'failed'],
  succeeded: [],
  failed: ['queued'],
  cancelled: ['queued'],
};

export function canTransition(from: LoadStatus, to: LoadStatus): boolean {
  return TRANSITIONS[from].includes(to);
}

export function isTerminal(status: LoadStatus): status is TerminalStatus {
  return (TERMINAL_STATUSES as readonly LoadStatus[]).includes(status);
}

/** Whether a cancel can still win: it loses from `committing` on. */
export function isCancellable(status: LoadStatus): boolean {
  return canTransition(status, 'cancelled');
}
