import type pg from 'pg';
import type { PartRow } from '../../postgres/control-database/plans.js';
import type { AppliedRows } from '../../postgres/target-database/strategies/applied.js';
import { copyDirectly } from '../../postgres/target-database/strategies/direct.js';
import type { LoadRun } from '../load-run.js';
import type { Plan } from '../plan/plan-document.js';
import { publishStep } from '../steps.js';
import { checkCopied, copyOptions, explainCopyError } from '../transfer/copy-part.js';
import type { ProgressMeter } from '../transfer/progress-meter.js';
import { type StreamedPart, streamParts } from '../transfer/stream-parts.js';
import { lockTarget } from './lock-target.js';

/** A `direct` load took longer than it may: rows that fail late, or never come, must not hold the target for hours. */
export class DirectTooSlowError extends Error {
  override readonly name = 'DirectTooSlowError';
}

/** Copies the parts right into the target, within the commit's transaction, while they are cut and staged. */
export async function applyDirect(
  run: LoadRun,
  plan: Plan,
  client: pg.PoolClient,
): Promise<{ applied: AppliedRows; parts: PartRow[] }> {
  await lockTarget(run, plan, client);
  const current: { part: PartRow | null } = { part: null };
  const tooSlow = AbortSignal.timeout(run.deps.config.worker.directMaxMs);
  const limit = AbortSignal.any([run.signal, tooSlow]);
  try {
    const { result, parts } = await streamParts(run, plan, limit, (parts, signal, meter) =>
      copyParts(run, plan, client, { parts, meter, current, signal }),
    );
    return { applied: result, parts };
  } catch (error) {
    run.signal.throwIfAborted();
    if (tooSlow.aborted) throw new DirectTooSlowError();
    throw current.part === null ? error : await explainCopyError(error, run, plan, current.part, null);
  }
}

interface Copying {
  parts: AsyncIterable<StreamedPart>;
  meter: ProgressMeter;
  /** The part that COPY is at. */
  current: { part: PartRow | null };
  signal: AbortSignal;
}

function copyParts(
  run: LoadRun,
  plan: Plan,
  client: pg.PoolClient,
  { parts, meter, current, signal }: Copying,
): Promise<AppliedRows> {
  async function* noted() {
    for await (const part of parts) {
      current.part = part.row;
      yield part;
      current.part = null;
    }
  }
  return copyDirectly({
    client,
    target: plan.plan.target,
    scope: plan.plan.scope,
    isReplacement: run.load.request.load_type === 'full',
    copyOptions: copyOptions(plan),
    parts: noted(),
    onPartCopied: ({ row }, read) => {
      checkCopied(plan, row, read);
      publishStep('part_copied', run.load.id, row.part);
      meter.counts.parts_copied += 1;
    },
    signal,
  });
}
