import type pg from 'pg';
import type { Receipt } from '../../loads/load.js';
import { type PartRow, sumRecords } from '../../postgres/control-database/plans.js';
import { quoteTable } from '../../postgres/identifiers.js';
import { classifyDatabaseError } from '../../postgres/sqlstate.js';
import { scopeCondition } from '../../postgres/target-database/scope-filter.js';
import { countLeftOut } from '../../postgres/target-database/staging-table.js';
import {
  type AppliedRows,
  countRows,
  NOTHING_APPLIED,
  type StagedInput,
} from '../../postgres/target-database/strategies/applied.js';
import { dropEarlierDuplicates } from '../../postgres/target-database/strategies/deduplicate.js';
import { countFiltered } from '../../postgres/target-database/strategies/delete-insert.js';
import {
  refuseDuplicates,
  refuseForeignKeys,
} from '../../postgres/target-database/strategies/refuse-staged.js';
import { classifyRows } from '../../postgres/target-database/strategies/upsert.js';
import type { LoadRun } from '../load-run.js';
import type { Plan } from '../plan/plan-document.js';
import { makeReceipt } from './apply-load.js';
import { explainDuplicate } from './explain-duplicate.js';
import { checkBalance, checkReplacement } from './guards.js';
import { checkStaging, stagedInput } from './staged-input.js';

/** What a load of the staged rows would do, by counting alone: no row of the target is locked or written. */
export async function validateLoad(run: LoadRun, plan: Plan, parts: readonly PartRow[]): Promise<Receipt> {
  try {
    return await run.inTarget({ schema: plan.plan.target.schema }, async (client) => {
      await checkStaging(plan, parts, client);
      const { rejected } = await countLeftOut(client, plan.stagingTable);
      const applied = await foresee(run, plan, client, sumRecords(parts) - rejected);
      checkReplacement(run.load.request, applied, sumRecords(parts), run.env.minKeepShare);
      const receipt = makeReceipt(run, plan, parts, { ...applied, rejected });
      checkBalance(receipt);
      return receipt;
    });
  } catch (error) {
    run.signal.throwIfAborted();
    throw await explainDuplicate(run, plan, parts, classifyDatabaseError(error));
  }
}

async function foresee(
  run: LoadRun,
  plan: Plan,
  client: pg.ClientBase,
  staged: number,
): Promise<AppliedRows> {
  const { createColumns, loadedColumns, primaryKey } = plan.plan;
  if (loadedColumns.length === 0) return NOTHING_APPLIED;
  const input = stagedInput(run, plan, client);
  const hasKey = primaryKey.length > 0 && primaryKey.every((column) => loadedColumns.includes(column));
  const deduplicated = hasKey ? await dropEarlierDuplicates(input) : 0;
  const filtered = await countFiltered(input);
  const loaded = staged - deduplicated - filtered;
  const plain = { ...NOTHING_APPLIED, loaded, deduplicated, filtered, inserted: loaded };
  if (createColumns !== null) return plain;
  if (hasKey) {
    await refuseDuplicates(input);
    await refuseForeignKeys(input);
  }
  return { ...plain, ...(await compareWithTarget(run, plan, input, loaded)) };
}

/** How the rows meet those that are there: by key where the strategy keeps them, else as new ones. */
async function compareWithTarget(
  run: LoadRun,
  { plan }: Plan,
  input: StagedInput,
  loaded: number,
): Promise<Partial<AppliedRows>> {
  const isFull = run.load.request.load_type === 'full';
  const table = quoteTable(input.target.name);
  const present = isFull
    ? await countRows(input.client, `FROM ${table} t WHERE ${scopeCondition(input.scope, 't')}`)
    : 0;
  if (plan.strategy !== 'diff' && plan.strategy !== 'upsert') return { deleted: present };
  const { matched, unchanged } = await classifyRows(input);
  return {
    inserted: loaded - matched,
    updated: matched - unchanged,
    unchanged,
    deleted: isFull ? present - matched : 0,
  };
}
