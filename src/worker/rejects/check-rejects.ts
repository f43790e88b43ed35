import { type PartRow, sumRecords } from '../../postgres/control-database/plans.js';
import { readRejects } from '../../postgres/target-database/rejects/reject-table.js';
import { countLeftOut } from '../../postgres/target-database/staging-table.js';
import type { LoadRun } from '../load-run.js';
import type { Plan } from '../plan/plan-document.js';
import { areTooMany, skipsRecords, tooManyRejects } from './limit-rejects.js';

/** Rejects that the error names. */
const NAMED = 3;
const BEFORE_ALL = { part: -1, number: -1 };

/** Fails a load that has more rejects than it may have. `parts`: all of them, or null while some are still to come. */
export async function checkRejects(
  run: LoadRun,
  plan: Plan,
  parts: readonly PartRow[] | null,
  signal = run.signal,
): Promise<void> {
  if (!skipsRecords(run)) return;
  const { request } = run.load;
  const read = parts === null ? null : sumRecords(parts);
  const error = await run.inTarget({ signal }, async (client) => {
    const { rejected } = await countLeftOut(client, plan.stagingTable);
    if (!areTooMany(request, rejected, read)) return null;
    const first = await readRejects(client, plan.stagingTable, BEFORE_ALL, NAMED);
    return tooManyRejects(request, rejected, read, first);
  });
  if (error !== null) throw error;
}
