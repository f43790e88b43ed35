import type { LoadProgress } from '../../loads/load.js';
import type { PartRow } from '../../postgres/control-database/plans.js';
import type { LoadRun } from '../load-run.js';
import type { Plan } from '../plan/plan-document.js';
import { copyPart, type PartBody } from '../transfer/copy-part.js';
import { checkRejects } from './check-rejects.js';
import { copyPartSkipping } from './copy-skipping.js';
import { skipsRecords } from './limit-rejects.js';

/** Copies a part as the request's `on_error` says. */
export async function copyOrSkip(
  run: LoadRun,
  plan: Plan,
  part: PartRow,
  body: PartBody,
  signal: AbortSignal,
  { counts }: { counts: LoadProgress },
): Promise<void> {
  if (!skipsRecords(run)) return copyPart(run, plan, part, body, signal);
  const rejected = await copyPartSkipping(run, plan, part, body, signal);
  if (rejected === 0) return;
  counts.rows_rejected = (counts.rows_rejected ?? 0) + rejected;
  await checkRejects(run, plan, null, signal);
}
