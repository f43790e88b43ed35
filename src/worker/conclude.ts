import { CopydockError, type ErrorReport } from '../loads/errors.js';
import type { Receipt } from '../loads/load.js';
import type { TerminalStatus } from '../loads/load-status.js';
import { LOG_LINES } from '../loads/log-lines.js';
import {
  MAX_TAKEOVERS,
  readTakeovers,
  releaseFailed,
  releaseWaiting,
} from '../postgres/control-database/claims.js';
import { finishLoad, wakeSuccessors } from '../postgres/control-database/finish.js';
import { findEarlierLoad, raiseWake } from '../postgres/control-database/order.js';
import { classifyDatabaseError } from '../postgres/sqlstate.js';
import { analyzeTarget } from '../postgres/target-database/analyze.js';
import { cleanUpLoad } from './clean-up-load.js';
import { claimScope } from './commit/claim-scope.js';
import type { Outcome } from './commit/commit-load.js';
import { LoadStopped } from './lease/lease.js';
import type { LoadRun } from './load-run.js';
import { rescueRejects } from './rejects/settle-rejects.js';
import { publishStep } from './steps.js';

/** Seconds until the next try after the first, second, ... transient failure without progress. */
const BACKOFF_S = [2, 5, 10, 20, 30];
const TARGET_POLL_MS = 5_000;
/** A claim that decides how a load ended must not hang. */
const SETTLE_TIMEOUT_MS = 30_000;
const ANALYZE_LOCK_TIMEOUT_MS = 5_000;

export function concludeOutcome(run: LoadRun, outcome: Outcome): Promise<void> {
  switch (outcome.kind) {
    case 'succeeded':
      return succeed(run, outcome.receipt);
    case 'validated':
      return endDryRun(run, outcome.receipt);
    case 'waiting':
      return waitForEarlier(run, outcome.earlierLoad);
  }
}

export function concludeFailure(run: LoadRun, error: unknown): Promise<void> {
  if (!(error instanceof LoadStopped)) return concludeError(run, classifyDatabaseError(error));
  switch (error.reason) {
    case 'cancelled':
      return settle(run, 'cancelled', null);
    case 'deadline':
      return settle(run, 'failed', deadlineExceeded(run));
    case 'shutdown':
      return giveBack(run);
    case 'lease_lost':
      throw error;
  }
}

async function giveBack(run: LoadRun): Promise<void> {
  run.trace.conclude('given back');
  await releaseWaiting(run.control, run.load, { reason: 'retry', detail: 'its worker was stopped' }, 0);
  run.deps.givenBack.push(run.load);
}

/** A transient fault is tried again, up to a limit without progress; anything else ends the load. */
// model: blocked
async function concludeError(run: LoadRun, error: CopydockError): Promise<void> {
  run.deps.metrics.countFault(run.load.env, error.code);
  if (error.code === 'internal_error') run.logger.error({ err: error.cause ?? error }, error.message);
  if (!error.retryable && !isRotation(run, error)) return settle(run, 'failed', error.report);
  const takeovers = await readTakeovers(run.control, run.load);
  const failures = takeovers + 1;
  if (failures > MAX_TAKEOVERS) {
    const hint = `It was tried ${failures} times. Once the cause is gone: POST /v1/loads/${run.load.id}/retry`;
    return settle(run, 'failed', { ...error.report, hint });
  }
  const waitS = BACKOFF_S[Math.min(takeovers, BACKOFF_S.length - 1)] ?? 30;
  await run.log('warning', `Trying again in ${waitS} s (${failures} of ${MAX_TAKEOVERS}): ${error.message}`);
  run.trace.conclude('retrying', error.code);
  const waitingFor = { reason: 'retry' as const, detail: `next try in ${waitS} s: ${error.message}` };
  await releaseFailed(run.control, run.load, error.report, waitingFor, waitS * 1000);
}

/** Credentials of a secret may be new in the database before they are in the secret, or the other way round. */
function isRotation({ env }: LoadRun, { code }: CopydockError): boolean {
  return code === 'target_auth_failed' && env.databaseSecret !== null;
}

/**
 * Ends the load. From `committing` on the target is asked first: rows that are live are never called failed, and while
 * it can't be asked the load stays as it is.
 */
// model: settle
async function settle(run: LoadRun, status: TerminalStatus, error: ErrorReport | null): Promise<void> {
  if (run.status === 'committing') {
    try {
      const { applied } = await claimScope(run, AbortSignal.timeout(SETTLE_TIMEOUT_MS));
      if (applied !== null) return succeed(run, applied);
    } catch (fault) {
      const { message } = classifyDatabaseError(fault);
      run.trace.conclude('waiting', error?.code);
      const detail = `the target must say whether the load was applied: ${message}`;
      return releaseWaiting(run.control, run.load, { reason: 'target', detail }, TARGET_POLL_MS);
    }
  }
  await rescueRejects(run);
  if (error !== null) await run.log('error', `Load failed: ${error.code}: ${error.detail}`);
  else await run.log('info', 'Cancelled');
  await finish(run, status, null, error);
  await cleanUpLoad(run);
}

async function succeed(run: LoadRun, receipt: Receipt): Promise<void> {
  await run.log('info', LOG_LINES.committed());
  if (run.progress !== null) await run.report({ ...run.progress, parts_copied: receipt.parts });
  if (run.status !== 'committing') await run.transition('committing');
  await finish(run, 'succeeded', receipt, null);
  await analyze(run, receipt.target);
  await cleanUpLoad(run);
}

async function endDryRun(run: LoadRun, receipt: Receipt): Promise<void> {
  await run.log('info', 'Dry run (validate_only): the target was not changed');
  await finish(run, 'succeeded', receipt, null);
  await cleanUpLoad(run);
}

async function finish(
  run: LoadRun,
  status: TerminalStatus,
  receipt: Receipt | null,
  error: ErrorReport | null,
): Promise<void> {
  const ending = { from: run.status, status, receipt, error };
  if (!(await finishLoad(run.control, run.load, ending))) throw new LoadStopped('lease_lost');
  run.trace.conclude(status, error?.code, receipt);
  publishStep('finished', run.load.id);
  run.logger.info({ status, receipt, error }, 'load finished');
  const { env, dataSet, request } = run.load;
  const { total: seconds } = run.phases.read();
  const code = error?.code ?? null;
  run.deps.metrics.countEnded({ env, dataSet, loadType: request.load_type, status, code, receipt, seconds });
  for (const wake of await wakeSuccessors(run.control, run.load))
    await run.deps.queue.wake(wake).catch(() => {});
}

async function analyze(run: LoadRun, table: string): Promise<void> {
  const options = { lockTimeoutMs: ANALYZE_LOCK_TIMEOUT_MS, signal: run.lease.owned };
  await run
    .inTarget(options, (client) => analyzeTarget(client, table))
    .catch((error: unknown) => run.logger.warn({ err: error }, 'the target was not analyzed'));
}

/** Nobody takes it before its turn. The earlier load may have ended while this one held its lease, and then has not woken it. */
async function waitForEarlier(run: LoadRun, earlierLoad: string): Promise<void> {
  run.trace.conclude('waiting');
  const detail = `load ${earlierLoad} of this scope was accepted earlier`;
  await releaseWaiting(run.control, run.load, { reason: 'earlier_load', detail }, 0);
  if ((await findEarlierLoad(run.control, run.load)) !== null) return;
  await run.deps.queue.wake(await raiseWake(run.control, run.load)).catch(() => {});
}

function deadlineExceeded({ load }: LoadRun): ErrorReport {
  const { timeout_s: seconds } = load.request;
  const limit = seconds === undefined ? 'its time limit' : `timeout_s = ${seconds} s`;
  return new CopydockError('deadline_exceeded', `The load was not done within ${limit}.`).report;
}
