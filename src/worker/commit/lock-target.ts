import type pg from 'pg';
import { quoteTable } from '../../postgres/identifiers.js';
import type { LoadRun } from '../load-run.js';
import type { Plan } from '../plan/plan-document.js';

/** `lock_target`: where others write to the table, too, they wait until the load is applied; readers do not. */
export async function lockTarget(run: LoadRun, { plan }: Plan, client: pg.ClientBase): Promise<void> {
  const isLocked = run.deps.config.tables.get(run.load.targetTable)?.lockTarget === true;
  if (!isLocked || plan.sample !== null) return;
  await client.query(`LOCK TABLE ${quoteTable(plan.target)} IN SHARE ROW EXCLUSIVE MODE`);
}
