import { CopydockError } from '../loads/errors.js';
import type { BucketSource } from '../loads/load.js';
import { LOG_LINES } from '../loads/log-lines.js';
import { MAX_TAKEOVERS } from '../postgres/control-database/claims.js';
import { findEarlierLoad } from '../postgres/control-database/order.js';
import { type PartRow, readPlan, sumRecords } from '../postgres/control-database/plans.js';
import { emptyStaging } from '../postgres/target-database/staging-table.js';
import { endLeftBackends } from '../postgres/target-database/zombies.js';
import { DirectTooSlowError } from './commit/apply-direct.js';
import { claimScope } from './commit/claim-scope.js';
import { commitLoad, type Outcome } from './commit/commit-load.js';
import { findTurn } from './commit/find-turn.js';
import { checkSource } from './commit/guards.js';
import { takeFallback } from './commit/take-fallback.js';
import { validateLoad } from './commit/validate-load.js';
import { LoadStopped } from './lease/lease.js';
import type { LoadRun } from './load-run.js';
import { makePlan } from './plan/make-plan.js';
import { isStaged, type Plan, type PlanDocument } from './plan/plan-document.js';
import { settleRejects } from './rejects/settle-rejects.js';
import { transferParts } from './transfer/transfer-parts.js';

const MAX_STAGING_LOSSES = 3;

/** Carries a claimed load on from wherever it stands. */
// model: resume, copied
export async function workOnLoad(run: LoadRun): Promise<Outcome> {
  if (run.status === 'committing') {
    const earlierLoad = await findTurn(run);
    if (earlierLoad !== null) return { kind: 'waiting', earlierLoad };
    const { applied } = await claimScope(run, run.signal);
    if (applied !== null) return { kind: 'succeeded', receipt: applied };
  }
  if (run.load.cancelRequested && run.status !== 'committing') throw new LoadStopped('cancelled');
  refuseHopeless(run);
  const plan = await openPlan(run);
  run.trace.chose(plan.plan.strategy);
  if (run.status === 'copying' && plan.partCount !== null) {
    const earlierLoad = await findEarlierLoad(run.control, run.load);
    if (earlierLoad !== null) return { kind: 'waiting', earlierLoad };
  }
  for (let losses = 0; ; losses += 1) {
    const parts = (await mayStream(run, plan)) ? [] : await stageParts(run, plan);
    if (run.status === 'staging') await run.transition('copying');
    if (plan.plan.isDryRun) return { kind: 'validated', receipt: await validateLoad(run, plan, parts) };
    try {
      return await commitLoad(run, plan, parts);
    } catch (error) {
      if (error instanceof DirectTooSlowError) {
        await takeFallback(run, plan);
        continue;
      }
      if (!isStagingLost(error) || losses >= MAX_STAGING_LOSSES) throw error;
      await run.log(
        'warning',
        'The staging table lost rows (a crash of the server?); its parts are copied again',
      );
      await refillStaging(run, plan);
    }
  }
}

/** A `direct` load whose turn it is cuts, stages and copies in one pass, within the transaction that commits it. */
async function mayStream(run: LoadRun, plan: Plan): Promise<boolean> {
  const isUncut = !isStaged(plan) && plan.partCount === null;
  return isUncut && (await findEarlierLoad(run.control, run.load)) === null;
}

async function stageParts(run: LoadRun, plan: Plan): Promise<PartRow[]> {
  const parts = await transferParts(run, plan);
  checkSource(run.load.request, sumRecords(parts));
  await settleRejects(run, plan, parts);
  return parts;
}

function isStagingLost(error: unknown): boolean {
  return error instanceof CopydockError && error.code === 'staging_lost';
}

function refuseHopeless(run: LoadRun): void {
  if (run.load.takeovers <= MAX_TAKEOVERS) return;
  const last = run.load.lastError;
  throw new CopydockError(
    'worker_lost',
    `${MAX_TAKEOVERS} workers took this load over without progress${last === null ? '.' : `; the last error was ${last.code}: ${last.detail}`}`,
  );
}

async function openPlan(run: LoadRun): Promise<Plan> {
  if (run.status === 'queued') await run.transition('staging');
  if (run.load.planId !== null) {
    await endLeftBackends(await run.target(), run.identity, run.signal);
    if (run.load.takeovers > 0) await run.log('info', 'Taken over; parts that are staged are not read again');
    return readPlan<PlanDocument>(run.control, run.load.planId);
  }
  await run.log('info', bucketLine(run.load.bucketSource, run.load.bucket));
  const plan = await makePlan(run);
  await run.log('info', LOG_LINES.stagingBegins(plan.stagingBucket, plan.stagingPrefix));
  return plan;
}

function bucketLine(source: BucketSource, bucket: string): string {
  switch (source) {
    case 'request':
      return LOG_LINES.workerBucketFromArguments(bucket);
    case 'environment_variable':
      return LOG_LINES.workerBucketFromVariable(bucket);
    default:
      return LOG_LINES.workerBucketFromDefault(bucket);
  }
}

// model: refill
async function refillStaging(run: LoadRun, plan: Plan): Promise<void> {
  await run.inTarget({ isUnlogged: true }, (client) => emptyStaging(client, plan.stagingTable));
}
