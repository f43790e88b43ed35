import type pg from 'pg';
import { CopydockError } from '../../loads/errors.js';
import { type PartRow, sumRecords } from '../../postgres/control-database/plans.js';
import { formatTableName } from '../../postgres/identifiers.js';
import { readTarget, type TargetTable } from '../../postgres/target-database/catalog.js';
import { compressPageImages } from '../../postgres/target-database/compress-page-images.js';
import { createTableStatement } from '../../postgres/target-database/infer-table.js';
import { countLeftOut } from '../../postgres/target-database/staging-table.js';
import type { AppliedRows, StagedInput } from '../../postgres/target-database/strategies/applied.js';
import { deleteAndInsert, insertStaged } from '../../postgres/target-database/strategies/delete-insert.js';
import { applyDifference } from '../../postgres/target-database/strategies/diff.js';
import { replaceSample } from '../../postgres/target-database/strategies/sample.js';
import { upsertStaged } from '../../postgres/target-database/strategies/upsert.js';
import type { LoadRun } from '../load-run.js';
import type { Plan } from '../plan/plan-document.js';
import { lockTarget } from './lock-target.js';
import { checkStaging, stagedInput } from './staged-input.js';

/** Brings the rows of the staging table into the target, within the commit's transaction. */
export async function applyStaged(
  run: LoadRun,
  plan: Plan,
  parts: readonly PartRow[],
  client: pg.PoolClient,
): Promise<AppliedRows> {
  await checkStaging(plan, parts, client);
  const { target, createColumns } = plan.plan;
  if (createColumns !== null) await client.query(createTableStatement(target, createColumns));
  await lockTarget(run, plan, client);
  const { excluded, rejected } = await countLeftOut(client, plan.stagingTable);
  const stagedRows = sumRecords(parts) - excluded - rejected;
  const applied = await applyRows(run, plan, stagedInput(run, plan, client), stagedRows);
  return { ...applied, filtered: applied.filtered + excluded };
}

async function applyRows(
  run: LoadRun,
  plan: Plan,
  input: StagedInput,
  stagedRows: number,
): Promise<AppliedRows> {
  const { sample, strategy } = plan.plan;
  if (sample !== null) return applySample(input, plan, sample);
  if (strategy === 'append') return insertStaged(input);
  if (strategy !== 'upsert' && strategy !== 'diff') return deleteAndInsert(input);
  await compressPageImages(input.client, run.prefer);
  if (strategy === 'upsert') return upsertStaged(input);
  const table = await readTargetAgain(plan, input.client);
  const allowsCascade = run.load.request.allow_cascade === true;
  return applyDifference({ ...input, table, stagedRows, allowsCascade });
}

async function applySample(
  input: StagedInput,
  plan: Plan,
  sample: NonNullable<Plan['plan']['sample']>,
): Promise<AppliedRows> {
  return replaceSample(input, await readTargetAgain(plan, input.client), sample);
}

async function readTargetAgain({ plan }: Plan, client: pg.ClientBase): Promise<TargetTable> {
  const target = await readTarget(client, plan.target);
  if (target !== null) return target;
  throw new CopydockError(
    'target_table_missing',
    `There is no table ${formatTableName(plan.target)} any more.`,
  );
}
