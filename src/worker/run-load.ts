import { CopydockError } from '../loads/errors.js';
import { isTerminal } from '../loads/load-status.js';
import { type ClaimedLoad, releaseFailed, releaseLease } from '../postgres/control-database/claims.js';
import { cleanUpLoad } from './clean-up-load.js';
import { concludeFailure, concludeOutcome } from './conclude.js';
import type { WorkerDeps } from './deps.js';
import { LoadStopped } from './lease/lease.js';
import { LoadRun } from './load-run.js';
import { LoadTrace } from './load-trace.js';
import { publishStep } from './steps.js';
import { workOnLoad } from './work-on-load.js';

const AFTER_UNEXPECTED_MS = 30_000;

/**
 * Works on a load that was claimed, as far as it goes, and gives it back. Never throws for what a load may meet; the
 * load's own state says what became of it. `claimedAt`: process.hrtime.bigint() before the claim was sent.
 */
export async function runLoad(deps: WorkerDeps, load: ClaimedLoad, claimedAt: bigint): Promise<void> {
  const lease = deps.leases.hold(load, claimedAt);
  const trace = new LoadTrace(deps.tracer, load);
  publishStep('claimed', load.id);
  try {
    const run = new LoadRun(deps, load, lease, trace);
    if (isTerminal(load.status)) await cleanUpLoad(run);
    else await carryOn(run);
  } catch (error) {
    await leaveToOthers(deps, load, error).catch(() => {});
  } finally {
    trace.end();
    lease.drop();
    await releaseLease(deps.control, load).catch(() => {});
  }
}

async function carryOn(run: LoadRun): Promise<void> {
  try {
    await concludeOutcome(run, await workOnLoad(run));
  } catch (error) {
    await concludeFailure(run, run.signal.aborted ? run.signal.reason : error);
  }
}

/** Not even its end could be written. It counts against the load, so that what never works is not tried for ever. */
// model: stop
async function leaveToOthers(deps: WorkerDeps, load: ClaimedLoad, error: unknown): Promise<void> {
  if (error instanceof LoadStopped) {
    deps.logger.warn({ load_id: load.id, reason: error.reason }, 'the load is left to the next worker');
    return;
  }
  deps.logger.error({ err: error, load_id: load.id }, 'the load is left to the next worker');
  if (isTerminal(load.status)) return;
  const { report } =
    error instanceof CopydockError
      ? error
      : new CopydockError(
          'internal_error',
          'The state of the load could not be written; see the worker log.',
        );
  const waitingFor = {
    reason: 'retry' as const,
    detail: `next try in ${AFTER_UNEXPECTED_MS / 1000} s: ${report.detail}`,
  };
  await releaseFailed(deps.control, load, report, waitingFor, AFTER_UNEXPECTED_MS);
}
