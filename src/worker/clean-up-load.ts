import { CopydockError } from '../loads/errors.js';
import { LOG_LINES } from '../loads/log-lines.js';
import {
  readUncleanPlans,
  recordCleanup,
  reportCleanup,
  type UncleanPlan,
} from '../postgres/control-database/cleanups.js';
import { classifyDatabaseError } from '../postgres/sqlstate.js';
import { dropStaging } from '../postgres/target-database/staging-table.js';
import { endLeftBackends } from '../postgres/target-database/zombies.js';
import { deleteStagingPrefix } from '../s3/write.js';
import type { LoadRun } from './load-run.js';
import { publishStep } from './steps.js';

const DROP_LOCK_TIMEOUT_MS = 5_000;
/** So long after a lease's time, an upload that was under way when its worker lost the lease has ended. */
const NEXT_PASS_MARGIN_MS = 5_000;
const AFTER_FAILURE_MS = 30_000;

/**
 * Removes what the load's plans left in the staging bucket and in the target. Only what a plan recorded is deleted.
 * A failure is reported and tried again; it never changes the load's outcome.
 */
// model: clean_up
export async function cleanUpLoad(run: LoadRun): Promise<void> {
  for (const plan of await readUncleanPlans(run.control, run.load.id)) {
    try {
      const wasEmpty = await cleanUpPlan(run, plan);
      run.lease.assertOwned();
      const nextPassMs = run.deps.config.leaseMs + NEXT_PASS_MARGIN_MS;
      await recordCleanup(run.control, run.load, plan.id, wasEmpty, nextPassMs);
      if (plan.attempt === run.load.attempt) await reportDone(run);
      publishStep('cleaned', run.load.id);
    } catch (error) {
      run.lease.owned.throwIfAborted();
      await reportFailed(run, plan, error);
    }
  }
}

/** Answers whether there was nothing to remove. What one of the two servers refuses does not keep the other's litter. */
async function cleanUpPlan(run: LoadRun, plan: UncleanPlan): Promise<boolean> {
  run.lease.assertOwned();
  publishStep('cleaning', run.load.id);
  const [tables, objects] = await Promise.allSettled([
    dropPlanTables(run, plan),
    deleteStagedObjects(run, plan),
  ]);
  if (tables.status === 'rejected') throw tables.reason;
  if (objects.status === 'rejected') throw objects.reason;
  return objects.value === 0 && !tables.value;
}

/** A bucket that does not exist holds nothing to delete. */
async function deleteStagedObjects(run: LoadRun, plan: UncleanPlan): Promise<number> {
  try {
    const { stagingBucket, stagingPrefix } = plan;
    const removed = await deleteStagingPrefix(run.deps.s3, stagingBucket, stagingPrefix, run.lease.owned);
    publishStep('objects_removed', run.load.id);
    return removed;
  } catch (error) {
    if (error instanceof CopydockError && error.code === 'staging_bucket_not_found') return 0;
    throw error;
  }
}

async function dropPlanTables(run: LoadRun, plan: UncleanPlan): Promise<boolean> {
  const { owned: signal } = run.lease;
  await endLeftBackends(await run.target(), run.identity, signal);
  const options = { lockTimeoutMs: DROP_LOCK_TIMEOUT_MS, signal, isUnlogged: true };
  return run.inTarget(options, (client) => dropStaging(client, plan.stagingTable));
}

/** Said once: later passes only make sure. */
async function reportDone(run: LoadRun): Promise<void> {
  if (run.load.cleanup?.status === 'done') return;
  await reportCleanup(run.control, run.load, { status: 'done', detail: null });
  await run.log('info', LOG_LINES.cleanedUp());
}

async function reportFailed(run: LoadRun, plan: UncleanPlan, error: unknown): Promise<void> {
  const reason = classifyDatabaseError(error).message;
  await recordCleanup(run.control, run.load, plan.id, false, AFTER_FAILURE_MS);
  if (plan.attempt !== run.load.attempt) return;
  await reportCleanup(run.control, run.load, { status: 'failed', detail: reason });
  if (run.load.cleanup?.detail === reason) return;
  await run.log('warning', LOG_LINES.cleanUpFailed(reason));
}
