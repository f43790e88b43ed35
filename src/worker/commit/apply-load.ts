import type pg from 'pg';
import type { Receipt } from '../../loads/load.js';
import { type PartRow, sumRecords } from '../../postgres/control-database/plans.js';
import { formatTableName } from '../../postgres/identifiers.js';
import { lockFence, recordCommitted } from '../../postgres/target-database/fence.js';
import { countLeftOut } from '../../postgres/target-database/staging-table.js';
import type { AppliedRows } from '../../postgres/target-database/strategies/applied.js';
import { sumBytes } from '../../s3/list.js';
import type { LoadRun } from '../load-run.js';
import { isStaged, type Plan } from '../plan/plan-document.js';
import { skipsRecords } from '../rejects/limit-rejects.js';
import { publishStep } from '../steps.js';
import { applyDirect } from './apply-direct.js';
import { applyStaged } from './apply-staged.js';
import { fencedLoad } from './claim-scope.js';
import { checkBalance, checkReplacement, checkSource } from './guards.js';
import { watchLocks } from './watch-locks.js';

const APPLY_LOCK_TIMEOUT_MS = 30_000;

/**
 * Applies the load in one transaction of the target: the rows, the guards, and last of all the fence and the row in
 * committed_loads. Either all of it is committed or nothing. `parts`: what is in the staging table; `direct` has none.
 */
// model: apply
export async function applyLoad(
  run: LoadRun,
  plan: Plan,
  parts: readonly PartRow[],
  token: number,
): Promise<Receipt> {
  const pool = await run.target();
  const options = { schema: plan.plan.target.schema, lockTimeoutMs: APPLY_LOCK_TIMEOUT_MS };
  return run.inTarget(options, async (client) => {
    if (isStaged(plan)) {
      const applied = await watchLocks(run, pool, client, () => applyStaged(run, plan, parts, client));
      return recordApplied(run, plan, parts, client, applied, token);
    }
    const direct = await watchLocks(run, pool, client, () => applyDirect(run, plan, client));
    checkSource(run.load.request, sumRecords(direct.parts));
    return recordApplied(run, plan, direct.parts, client, direct.applied, token);
  });
}

/** The end of every transaction that applies a load: the guards, the fence, and the row that means applied. */
// model: to_committing
export async function recordApplied(
  run: LoadRun,
  plan: Plan,
  parts: readonly PartRow[],
  client: pg.ClientBase,
  applied: AppliedRows,
  token: number,
): Promise<Receipt> {
  checkReplacement(run.load.request, applied, sumRecords(parts), run.env.minKeepShare);
  const rejected = skipsRecords(run) ? (await countLeftOut(client, plan.stagingTable)).rejected : 0;
  const receipt = makeReceipt(run, plan, parts, { ...applied, rejected });
  checkBalance(receipt);
  if (run.status === 'copying') await run.transition('committing');
  await lockFence(client, fencedLoad(run), token);
  await recordCommitted(client, { ...fencedLoad(run), ...committedAs(run) }, token, receipt);
  run.lease.assertHeld();
  publishStep('applied', run.load.id);
  return receipt;
}

export function makeReceipt(
  run: LoadRun,
  plan: Plan,
  parts: readonly PartRow[],
  applied: AppliedRows & Pick<Receipt, 'rejected'>,
): Receipt {
  return {
    target: formatTableName(plan.plan.sample ?? plan.plan.target),
    read: sumRecords(parts),
    ...applied,
    source_objects: plan.plan.objects.length,
    source_bytes: sumBytes(plan.plan.objects),
    parts: parts.length,
    seconds: run.phases.read(),
  };
}

function committedAs(run: LoadRun) {
  const { request, dataSet, attempt, targetTable } = run.load;
  return { loadType: request.load_type, dataSet, attempt, targetTable };
}
