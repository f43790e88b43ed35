import type { CommitStrategy } from '../../loads/load.js';
import { type PartRow, sumRecords } from '../../postgres/control-database/plans.js';
import { reportCommitPlan } from '../../postgres/control-database/transitions.js';
import { readTarget } from '../../postgres/target-database/catalog.js';
import { countLeftOut } from '../../postgres/target-database/staging-table.js';
import { estimateChangedShare } from '../../postgres/target-database/strategies/estimate-change.js';
import type { LoadRun } from '../load-run.js';
import { explainCosts, findCheapest } from '../plan/choose-strategy.js';
import { type Plan, reportedPlan } from '../plan/plan-document.js';
import { estimateCost } from '../plan/strategy-costs.js';
import { stagedInput } from './staged-input.js';

/**
 * Chooses again, once the rows are staged: a sample of them tells how many differ, which the plan could not know. What is
 * staged serves `diff` and `delete_insert` alike, and so does a new table.
 */
export async function reconsiderStrategy(run: LoadRun, plan: Plan, parts: readonly PartRow[]): Promise<Plan> {
  const { choice, strategy: planned, target } = plan.plan;
  if (choice === null || planned === 'direct') return plan;
  const sampled = await run.inTarget({ schema: target.schema }, async (client) => {
    const table = await readTarget(client, target);
    if (table === null) return null;
    const { excluded, rejected } = await countLeftOut(client, plan.stagingTable);
    const stagedRows = sumRecords(parts) - excluded - rejected;
    const input = { ...stagedInput(run, plan, client), table, stagedRows };
    return { changedShare: await estimateChangedShare(client, input), stagedRows };
  });
  if (sampled === null || sampled.changedShare === null) return plan;
  const facts = { ...choice.facts, sourceRows: sampled.stagedRows, changedShare: sampled.changedShare };
  const possible = choice.allowed.filter(
    (one) => one === planned || one === 'diff' || one === 'delete_insert',
  );
  const costOf = (strategy: CommitStrategy) => estimateCost(strategy, facts, { isStaged: true });
  const strategy = findCheapest(possible, choice.prefer, costOf);
  const commitPlan = {
    strategy,
    reason: `${explainCosts(strategy, possible, choice.prefer, facts.changedShare, costOf)}, by a sample of what is staged`,
  };
  if (strategy === planned) return plan;
  await run.log('info', `${strategy} instead of ${planned}: ${commitPlan.reason}`);
  await reportCommitPlan(run.control, run.load, reportedPlan(plan, commitPlan));
  return { ...plan, plan: { ...plan.plan, ...commitPlan, newTable: null } };
}
