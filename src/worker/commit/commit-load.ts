import { setTimeout as sleep } from 'node:timers/promises';
import { CopydockError } from '../../loads/errors.js';
import type { Receipt } from '../../loads/load.js';
import { type PartRow, readParts } from '../../postgres/control-database/plans.js';
import { classifyDatabaseError } from '../../postgres/sqlstate.js';
import { LoadStopped } from '../lease/lease.js';
import type { LoadRun } from '../load-run.js';
import { nameTarget } from '../plan/name-target.js';
import { isStaged, type Plan } from '../plan/plan-document.js';
import { publishStep } from '../steps.js';
import { DirectTooSlowError } from './apply-direct.js';
import { applyExchange } from './apply-exchange.js';
import { applyLoad } from './apply-load.js';
import { checkTurn, claimScope } from './claim-scope.js';
import { explainDuplicate } from './explain-duplicate.js';
import { findTurn } from './find-turn.js';
import { reconsiderStrategy } from './reconsider.js';

/** How far the work went: to the end, or to where an earlier load of the scope must end first. */
export type Outcome =
  | { kind: 'succeeded'; receipt: Receipt }
  /** A dry run, which has no commit. */
  | { kind: 'validated'; receipt: Receipt }
  | { kind: 'waiting'; earlierLoad: string };

const MAX_TRIES = 5;

/**
 * Commits a load whose turn it is. Every try begins with the claim, so that a commit whose answer was lost is found
 * instead of repeated. Deadlocks, serialisation failures and lock timeouts are tried again. `parts`: what is staged; a
 * `direct` load may stage them only now.
 */
// model: again, to_committing
export async function commitLoad(run: LoadRun, planned: Plan, parts: readonly PartRow[]): Promise<Outcome> {
  for (let tries = 1; ; tries += 1) {
    const earlierLoad = await findTurn(run);
    if (earlierLoad !== null) return { kind: 'waiting', earlierLoad };
    let plan = planned;
    const { token, applied } = await claimScope(run, run.signal);
    if (applied !== null) return { kind: 'succeeded', receipt: applied };
    await checkTurn(run);
    if (isStaged(plan) && run.status === 'copying') await run.transition('committing');
    try {
      plan = await reconsiderStrategy(run, planned, parts);
      run.trace.chose(plan.plan.strategy);
      const apply = plan.plan.newTable === null ? applyLoad : applyExchange;
      const receipt = await apply(run, plan, parts, token);
      publishStep('committed', run.load.id);
      return { kind: 'succeeded', receipt };
    } catch (error) {
      if (error instanceof LoadStopped || error instanceof DirectTooSlowError) throw error;
      run.lease.assertHeld();
      if (tries < MAX_TRIES && isWorthAnotherTry(error)) {
        await sleep(Math.random() * 200 * 2 ** tries, undefined, { signal: run.signal });
        continue;
      }
      nameTarget(error, plan);
      const classified = explainReferences(plan, error, classifyDatabaseError(error));
      throw await explainDuplicate(run, plan, await readParts(run.control, plan.id), classified);
    }
  }
}

/** A foreign key of another table, broken by deleting rows, asks for something else than one of the target's own. */
function explainReferences({ plan }: Plan, error: unknown, classified: CopydockError): CopydockError {
  const { table } = error as { table?: string };
  if (classified.code !== 'foreign_key_violation' || table === undefined || table === plan.target.table) {
    return classified;
  }
  const [verb, hint] =
    plan.strategy === 'diff'
      ? ['delete', 'keep them in the source, or delete the rows that refer to them first']
      : ['replace', 'load as delta, which deletes none, or set commit_strategy to diff'];
  return new CopydockError('replace_would_cascade', classified.message, {
    hint: `Rows of ${table} refer to rows that this load would ${verb}: ${hint}.`,
    sqlstate: classified.report.sqlstate ?? '',
    cause: error,
  });
}

function isWorthAnotherTry(error: unknown): boolean {
  const { code }: CopydockError = classifyDatabaseError(error);
  return code === 'target_busy' || code === 'target_unreachable';
}
