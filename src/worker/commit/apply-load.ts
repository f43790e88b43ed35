import type pg from 'pg';
import { CopydockError } from '../../loads/errors.js';
import type { Receipt } from '../../loads/load.js';
import { type PartRow, sumRecords } from '../../postgres/control-database/plans.js';
import { formatTableName, quoteTable } from '../../postgres/identifiers.js';
import { readTarget, type TargetTable } from '../../postgres/target-database/catalog.js';
import { lockFence, recordCommitted } from '../../postgres/target-database/fence.js';
import { createTableStatement } from '../../postgres/target-database/infer-table.js';
import { countStaged, readLedger } from '../../postgres/target-database/staging-table.js';
import type { AppliedRows, StagedInput } from '../../postgres/target-database/strategies/applied.js';
import { deleteAndInsert, insertStaged } from '../../postgres/target-database/strategies/delete-insert.js';
import { applyDifference } from '../../postgres/target-database/strategies/diff.js';
import { copyDirectly } from '../../postgres/target-database/strategies/direct.js';
import { replaceSample } from '../../postgres/target-database/strategies/sample.js';
import { upsertStaged } from '../../postgres/target-database/strategies/upsert.js';
import { sumBytes } from '../../s3/list.js';
import type { LoadRun } from '../load-run.js';
import { isStaged, type Plan } from '../plan/plan-document.js';
import { publishStep } from '../steps.js';
import { checkCopied, copyOptions, explainCopyError } from '../transfer/copy-part.js';
import { ProgressMeter } from '../transfer/progress-meter.js';
import { readStagedPart } from '../transfer/staged-parts.js';
import { fencedLoad } from './claim-scope.js';
import { checkBalance, checkReplacement } from './guards.js';
import { watchLocks } from './watch-locks.js';

const APPLY_LOCK_TIMEOUT_MS = 30_000;

/**
 * Applies the load in one transaction of the target: the rows, the guards, and last of all the fence and the row in
 * committed_loads. Either all of it is committed or nothing.
 */
export async function applyLoad(
  run: LoadRun,
  plan: Plan,
  parts: readonly PartRow[],
  token: number,
): Promise<Receipt> {
  const pool = await run.target();
  const options = { schema: plan.plan.target.schema, lockTimeoutMs: APPLY_LOCK_TIMEOUT_MS };
  return run.inTarget(options, async (client) => {
    const applied = await watchLocks(run, pool, client, () =>
      isStaged(plan) ? applyStaged(run, plan, parts, client) : applyDirect(run, plan, parts, client),
    );
    checkReplacement(run.load.request, applied, sumRecords(parts), run.env.minKeepShare);
    const receipt = makeReceipt(run, plan, parts, applied);
    checkBalance(receipt);
    if (run.status === 'copying') await run.transition('committing');
    await lockFence(client, fencedLoad(run), token);
    await recordCommitted(client, { ...fencedLoad(run), ...committedAs(run) }, token, receipt);
    run.lease.assertHeld();
    publishStep('applied', run.load.id);
    return receipt;
  });
}

async function applyStaged(
  run: LoadRun,
  plan: Plan,
  parts: readonly PartRow[],
  client: pg.PoolClient,
): Promise<AppliedRows> {
  await checkStaging(plan, parts, client);
  const { target, primaryKey, staging, loadedColumns, scope, createColumns, strategy } = plan.plan;
  if (createColumns !== null) await client.query(createTableStatement(target, createColumns));
  await lockTarget(run, plan, client);
  const input: StagedInput = {
    client,
    target: { name: target, primaryKey },
    staging,
    columns: loadedColumns,
    scope,
    keepsLastDuplicate: run.load.request.duplicates === 'last',
  };
  if (plan.plan.sample !== null) return applySample(input, plan, plan.plan.sample);
  if (strategy === 'upsert') return upsertStaged(input);
  if (strategy === 'diff') {
    const table = await readTargetAgain(plan, client);
    const allowsCascade = run.load.request.allow_cascade === true;
    return applyDifference({ ...input, table, stagedRows: sumRecords(parts), allowsCascade });
  }
  return strategy === 'append' ? insertStaged(input) : deleteAndInsert(input);
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

/** `lock_target`: where others write to the table, too, they wait until the load is applied; readers do not. */
async function lockTarget(run: LoadRun, { plan }: Plan, client: pg.ClientBase): Promise<void> {
  const isLocked = run.deps.config.tables.get(run.load.targetTable)?.lockTarget === true;
  if (!isLocked || plan.sample !== null) return;
  await client.query(`LOCK TABLE ${quoteTable(plan.target)} IN SHARE ROW EXCLUSIVE MODE`);
}

/** The ledger must name the plan's parts and the table hold their rows: 0 = 0 after a crash must not pass. */
async function checkStaging(plan: Plan, parts: readonly PartRow[], client: pg.PoolClient): Promise<void> {
  const ledger = await readLedger(client, plan.stagingTable);
  const isComplete =
    ledger.size === parts.length && parts.every(({ part, records }) => ledger.get(part) === records);
  if (isComplete && (await countStaged(client, plan.stagingTable)) === sumRecords(parts)) return;
  throw new CopydockError(
    'staging_lost',
    `The staging table does not hold the ${parts.length} parts of the load.`,
  );
}

async function applyDirect(
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

function makeReceipt(run: LoadRun, plan: Plan, parts: readonly PartRow[], applied: AppliedRows): Receipt {
  return {
    target: formatTableName(plan.plan.sample ?? plan.plan.target),
    read: sumRecords(parts),
    ...applied,
    rejected: 0,
    source_objects: plan.plan.objects.length,
    source_bytes: sumBytes(plan.plan.objects),
    parts: parts.length,
    seconds: run.phases.read(),
  };
}

function committedAs(run: LoadRun) {
  const { request, dataSet, attempt, targetTable } = run.load;
  return { loadType: request.load_type, dataSet, attempt, targetTable };
}
