import type pg from 'pg';
import { CopydockError } from '../../loads/errors.js';
import { type PartRow, sumRecords } from '../../postgres/control-database/plans.js';
import { countLeftOut, countStaged, readLedger } from '../../postgres/target-database/staging-table.js';
import type { StagedInput } from '../../postgres/target-database/strategies/applied.js';
import type { LoadRun } from '../load-run.js';
import type { Plan } from '../plan/plan-document.js';

/** What a plan has staged, as the strategies take it. */
export function stagedInput(run: LoadRun, { plan }: Plan, client: pg.ClientBase): StagedInput {
  return {
    client,
    target: { name: plan.target, primaryKey: plan.primaryKey },
    staging: plan.staging,
    columns: plan.loadedColumns,
    scope: plan.scope,
    keepsLastDuplicate: run.load.request.duplicates === 'last',
  };
}

/** The ledger must name the plan's parts and the table hold their rows: 0 = 0 after a crash must not pass. */
export async function checkStaging(
  plan: Plan,
  parts: readonly PartRow[],
  client: pg.ClientBase,
): Promise<void> {
  await checkLedger(plan, parts, client);
  const { excluded, rejected } = await countLeftOut(client, plan.stagingTable);
  const expected = sumRecords(parts) - excluded - rejected;
  if ((await countStaged(client, plan.stagingTable)) !== expected) throw stagingLost(parts);
}

/** The ledger alone, which costs little: where it is whole, no crash has emptied what it speaks of. */
export async function checkLedger(
  plan: Plan,
  parts: readonly PartRow[],
  client: pg.ClientBase,
): Promise<void> {
  const ledger = await readLedger(client, plan.stagingTable);
  const isComplete =
    ledger.size === parts.length && parts.every(({ part, records }) => ledger.get(part) === records);
  if (!isComplete) throw stagingLost(parts);
}

function stagingLost(parts: readonly PartRow[]): CopydockError {
  return new CopydockError(
    'staging_lost',
    `The staging table does not hold the ${parts.length} parts of the load.`,
  );
}
