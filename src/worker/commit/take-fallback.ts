import type { CommitStrategy } from '../../loads/load.js';
import { replacePlan } from '../../postgres/control-database/plans.js';
import { reportCommitPlan } from '../../postgres/control-database/transitions.js';
import type { LoadRun } from '../load-run.js';
import { type Plan, reportedPlan } from '../plan/plan-document.js';

/** A `direct` load that took too long goes on through a staging table, with the parts that it has staged. */
export async function takeFallback(run: LoadRun, plan: Plan): Promise<void> {
  const seconds = run.deps.config.worker.directMaxMs / 1000;
  const strategy = fallbackOf(run, plan);
  const reason = `direct was not done within ${seconds} s (COPYDOCK_DIRECT_MAX_S)`;
  run.lease.assertHeld();
  plan.plan = { ...plan.plan, strategy, reason, choice: null };
  await replacePlan(run.control, run.load, plan.id, plan.plan);
  await run.log('warning', `${strategy} instead of direct: ${reason}`);
  await reportCommitPlan(run.control, run.load, reportedPlan(plan));
}

function fallbackOf({ load }: LoadRun, { plan }: Plan): CommitStrategy {
  return load.request.load_type === 'delta' ? 'append' : (plan.fallback ?? 'delete_insert');
}
