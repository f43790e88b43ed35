import type { CopydockError, ErrorReport } from '../loads/errors.js';
import { isTerminal, type Receipt, type TerminalStatus } from '../loads/load.js';
import { LOG_LINES } from '../loads/log-lines.js';
import {
  claimLoad,
  findEarlierLoad,
  MAX_TAKEOVERS,
  raiseWake,
  releaseFailed,
  releaseLease,
  releaseWaiting,
} from '../postgres/control/claims.js';
import { finishLoad, wakeSuccessors } from '../postgres/control/finish.js';
import { classifyDatabaseError } from '../postgres/sqlstate.js';
import { analyzeTarget } from '../postgres/target/analyze.js';
import { cleanUpLoad } from './clean-up-load.js';
import { claimScope } from './commit/claim-scope.js';
import type { WorkerDeps } from './deps.js';
import { deadlineExceeded, LoadStopped } from './lease/lease-keeper.js';
import { LoadRun } from './load-run.js';
import { type Outcome, workOnLoad } from './work-on-load.js';

/** Seconds until the next try after the first, second, ... transient failure without progress. */
const BACKOFF_S = [2, 5, 10, 20, 30];
const ORDER_POLL_MS = 5_000;
/** A claim that decides how a load ended must not hang. */
const SETTLE_TIMEOUT_MS = 30_000;

/**
 * What a wake-up does: claims the load if nobody has it, works on it as far as it goes, and gives it back. Never
 * throws for what a load may meet; the load's own state says what became of it.
 */
export async function runLoad(deps: WorkerDeps, loadId: string): Promise<void> {
  const claimedAt = process.hrtime.bigint();
  const load = await claimLoad(deps.control, loadId, deps.workerId);
  if (load === null) return;
  const lease = deps.leases.hold(load, claimedAt);
  try {
    const run = new LoadRun(deps, load, lease);
    if (isTerminal(load.status)) await cleanUpLoad(run);
    else await conclude(run, await attempt(run));
  } catch (error) {
    deps.logger.error({ err: error, load: load.id }, 'the load is left to the next worker');
  } finally {
    lease.drop();
    await releaseLease(deps.control, load).catch(() => {});
  }
}

/** Every way in which the work may go, as an outcome. */
async function attempt(run: LoadRun): Promise<Outcome | Failure> {
  try {
    return await workOnLoad(run);
  } catch (error) {
    return { kind: 'failure', error: run.signal.aborted ? run.signal.reason : error };
  }
}

interface Failure {
  kind: 'failure';
  error: unknown;
}

async function conclude(run: LoadRun, outcome: Outcome | Failure): Promise<void> {
  if (outcome.kind === 'succeeded') return succeed(run, outcome.receipt);
  if (outcome.kind === 'waiting') return waitForEarlier(run, outcome.earlierLoad);
  if (!(outcome.error instanceof LoadStopped))
    return concludeError(run, classifyDatabaseError(outcome.error));
  switch (outcome.error.reason) {
    case 'cancelled':
      return settle(run, 'cancelled', null);
    case 'deadline':
      return settle(run, 'failed', deadlineExceeded(run.load).report);
    case 'shutdown':
      return releaseWaiting(run.control, run.load, { reason: 'retry', detail: 'its worker was stopped' }, 0);
    case 'lease_lost':
      run.logger.warn('the lease was lost; another worker goes on');
  }
}

/** A transient fault is tried again, up to a limit without progress; anything else ends the load. */
async function concludeError(run: LoadRun, error: CopydockError): Promise<void> {
  if (error.code === 'internal_error') run.logger.error({ err: error.cause ?? error }, error.message);
  const failures = run.load.takeovers + 1;
  if (!error.retryable || failures > MAX_TAKEOVERS) return settle(run, 'failed', error.report);
  const waitS = BACKOFF_S[Math.min(run.load.takeovers, BACKOFF_S.length - 1)] ?? 30;
  await run.log('warning', `Trying again in ${waitS} s (${failures} of ${MAX_TAKEOVERS}): ${error.message}`);
  const waitingFor = { reason: 'retry' as const, detail: `next try in ${waitS} s: ${error.message}` };
  await releaseFailed(run.control, run.load, error.report, waitingFor, waitS * 1000);
}

/**
 * Ends the load. From `committing` on the target is asked first: rows that are live are never called failed, and while
 * it can't be asked the load stays as it is.
 */
async function settle(run: LoadRun, status: TerminalStatus, error: ErrorReport | null): Promise<void> {
  if (run.status === 'committing') {
    try {
      const { applied } = await claimScope(run, AbortSignal.timeout(SETTLE_TIMEOUT_MS));
      if (applied !== null) return succeed(run, applied);
    } catch (fault) {
      const { message } = classifyDatabaseError(fault);
      const waitingFor = {
        reason: 'target' as const,
        detail: `the target must say whether the load was applied: ${message}`,
      };
      return releaseWaiting(run.control, run.load, waitingFor, ORDER_POLL_MS);
    }
  }
  if (error !== null) await run.log('error', `Load failed: ${error.code}: ${error.detail}`);
  else await run.log('info', 'Cancelled');
  await finish(run, { status, receipt: null, error });
}

async function succeed(run: LoadRun, receipt: Receipt): Promise<void> {
  await run.log('info', LOG_LINES.committed());
  if (run.progress !== null) await run.report({ ...run.progress, parts_copied: receipt.parts });
  if (run.status !== 'committing') await run.transition('committing');
  await finish(run, { status: 'succeeded', receipt, error: null });
  await analyzeTarget(await run.target(), receipt.target).catch((error: unknown) =>
    run.logger.warn({ err: error }, 'the target was not analyzed'),
  );
}

async function finish(
  run: LoadRun,
  ending: { status: TerminalStatus; receipt: Receipt | null; error: ErrorReport | null },
) {
  if (!(await finishLoad(run.control, run.load, ending))) throw new LoadStopped('lease_lost');
  run.logger.info({ status: ending.status, receipt: ending.receipt, error: ending.error }, 'load finished');
  for (const wake of await wakeSuccessors(run.control, run.load))
    await run.deps.queue.wake(wake).catch(() => {});
  await cleanUpLoad(run);
}

/** The earlier load may have ended while this one still held its lease, and then has not woken it. */
async function waitForEarlier(run: LoadRun, earlierLoad: string): Promise<void> {
  const waitingFor = {
    reason: 'earlier_load' as const,
    detail: `load ${earlierLoad} of this scope was accepted earlier`,
  };
  await releaseWaiting(run.control, run.load, waitingFor, ORDER_POLL_MS);
  if ((await findEarlierLoad(run.control, run.load)) !== null) return;
  await run.deps.queue.wake(await raiseWake(run.control, run.load)).catch(() => {});
}
