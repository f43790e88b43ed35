import { type PartRow, sumRecords } from '../../postgres/control-database/plans.js';
import { findStagingTable } from '../../postgres/control-database/rejects.js';
import { classifyDatabaseError } from '../../postgres/sqlstate.js';
import type { LoadRun } from '../load-run.js';
import type { Plan } from '../plan/plan-document.js';
import { warn } from '../warn.js';
import { checkRejects } from './check-rejects.js';
import { MAX_KEPT, skipsRecords } from './limit-rejects.js';
import { moveRejects } from './move-rejects.js';

/** A load that has ended must not hang on what it leaves to read. */
const RESCUE_TIMEOUT_MS = 30_000;

/** Once all parts are copied: the rejects are not too many, and are kept whatever becomes of the target. */
export async function settleRejects(run: LoadRun, plan: Plan, parts: readonly PartRow[]): Promise<void> {
  await checkRejects(run, plan, parts);
  const rejected = await moveRejects(run, plan.stagingTable, run.signal);
  if (rejected === 0) return;
  const kept = rejected > MAX_KEPT ? `, of which the first ${MAX_KEPT} found are kept` : '';
  await warn(run, [
    `${rejected} of ${sumRecords(parts)} records were rejected${kept}: /v1/loads/${run.load.id}/rejects`,
  ]);
}

/** Of a load that does not succeed: what it found wrong until then. That it can't be read changes nothing. */
export async function rescueRejects(run: LoadRun): Promise<void> {
  if (!skipsRecords(run)) return;
  try {
    const stagingTable = await findStagingTable(run.control, run.load);
    if (stagingTable === null) return;
    const signal = AbortSignal.any([run.lease.owned, AbortSignal.timeout(RESCUE_TIMEOUT_MS)]);
    await moveRejects(run, stagingTable, signal);
  } catch (error) {
    run.lease.assertOwned();
    const { message } = classifyDatabaseError(error);
    await run.log('warning', `The rejects could not be read from the target: ${message}`);
  }
}
