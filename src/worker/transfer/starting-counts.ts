import type { LoadProgress } from '../../loads/load.js';
import { type PartRow, sumRecords } from '../../postgres/control-database/plans.js';
import { sumBytes } from '../../s3/list.js';
import type { Plan } from '../plan/plan-document.js';

/** What earlier owners of the load have done. */
export function startingCounts(
  plan: Plan,
  recorded: readonly PartRow[],
  ledger: ReadonlyMap<number, number> | null,
): LoadProgress {
  return {
    source_objects: plan.plan.objects.length,
    source_bytes: sumBytes(plan.plan.objects),
    bytes_read: Math.min(sumBytes(recorded), sumBytes(plan.plan.objects)),
    rows_read: sumRecords(recorded),
    parts_cut: recorded.length,
    parts_staged: recorded.filter(({ etag }) => etag !== null).length,
    parts_copied: ledger?.size ?? 0,
  };
}
