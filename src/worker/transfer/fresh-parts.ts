import { completePlan, type PartRow, savePart } from '../../postgres/control-database/plans.js';
import type { LoadRun } from '../load-run.js';
import type { Plan } from '../plan/plan-document.js';
import { publishStep } from '../steps.js';
import { cutObjects, type FreshPart } from './cut-objects.js';
import { PartInspector } from './part-inspector.js';
import type { ProgressMeter } from './progress-meter.js';

/**
 * Cuts what is left of the source. Each part is recorded before it is handed out, and is the receiver's to release; the
 * set of parts is recorded once the last one was taken.
 */
export async function* cutFreshParts(
  run: LoadRun,
  plan: Plan,
  recorded: readonly PartRow[],
  meter: ProgressMeter,
  signal: AbortSignal,
): AsyncGenerator<FreshPart> {
  if (plan.partCount !== null) return;
  let parts = recorded.length;
  const inspector = await PartInspector.open(run, plan);
  const watchers = { onBytes: meter.addBytes, onUnknownKey: inspector.noteUnknownKey };
  for await (const fresh of cutObjects(run, plan, recorded, watchers, signal)) {
    inspector.inspect(fresh);
    meter.counts.parts_cut += 1;
    meter.counts.rows_read += fresh.row.records;
    parts += 1;
    try {
      await savePart(run.control, run.load, plan.id, fresh.row);
      publishStep('part_cut', run.load.id, fresh.row.part);
    } catch (error) {
      fresh.release();
      throw error;
    }
    yield fresh;
  }
  await inspector.report();
  await completePlan(run.control, run.load, plan.id, parts);
  plan.partCount = parts;
}
