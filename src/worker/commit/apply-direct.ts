import type pg from 'pg';
import type { PartRow } from '../../postgres/control-database/plans.js';
import type { AppliedRows } from '../../postgres/target-database/strategies/applied.js';
import { copyDirectly } from '../../postgres/target-database/strategies/direct.js';
import type { LoadRun } from '../load-run.js';
import type { Plan } from '../plan/plan-document.js';
import { publishStep } from '../steps.js';
import { checkCopied, copyOptions, explainCopyError } from '../transfer/copy-part.js';
import { ProgressMeter } from '../transfer/progress-meter.js';
import { readStagedPart } from '../transfer/staged-parts.js';
import { lockTarget } from './lock-target.js';

/** Copies the staged parts right into the target, within the commit's transaction. */
export async function applyDirect(
  run: LoadRun,
  plan: Plan,
  parts: readonly PartRow[],
  client: pg.PoolClient,
): Promise<AppliedRows> {
  await lockTarget(run, plan, client);
  let current: PartRow | null = null;
  const meter = run.progress === null ? null : new ProgressMeter(run, { ...run.progress, parts_copied: 0 });
  async function* bodies() {
    for (const part of parts) {
      current = part;
      yield { ...part, body: readStagedPart(run, plan, part, run.signal) };
    }
  }
  try {
    return await copyDirectly({
      client,
      target: plan.plan.target,
      scope: plan.plan.scope,
      isReplacement: run.load.request.load_type === 'full',
      copyOptions: copyOptions(plan),
      parts: bodies(),
      onPartCopied: (part, read) => {
        checkCopied(plan, part, read);
        publishStep('part_copied', run.load.id, part.part);
        if (meter !== null) meter.counts.parts_copied += 1;
      },
      signal: run.signal,
    });
  } catch (error) {
    run.signal.throwIfAborted();
    throw current === null ? error : await explainCopyError(error, run, plan, current, null);
  } finally {
    await meter?.stop();
  }
}
