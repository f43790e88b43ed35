import type pg from 'pg';
import type { PartRow } from '../../postgres/control-database/plans.js';
import { quoteTable } from '../../postgres/identifiers.js';
import { isLockTimeout } from '../../postgres/sqlstate.js';
import {
  addForeignKey,
  addKeys,
  buildIndex,
  validateForeignKey,
} from '../../postgres/target-database/exchange/build-indexes.js';
import { readDefinition, type TableDefinition } from '../../postgres/target-database/exchange/definition.js';
import {
  ExchangeRefusedError,
  SHORT_LOCK_TIMEOUT_MS,
} from '../../postgres/target-database/exchange/exchange.js';
import {
  countEarlierDuplicates,
  createNewTable,
  fillNewTable,
  findReplaced,
  type NewTablePlan,
} from '../../postgres/target-database/exchange/new-table.js';
import { findObstacle } from '../../postgres/target-database/exchange/obstacles.js';
import { countLeftOut, nameNewTable, quoteStaging } from '../../postgres/target-database/staging-table.js';
import { type AppliedRows, countRows } from '../../postgres/target-database/strategies/applied.js';
import { countFiltered } from '../../postgres/target-database/strategies/delete-insert.js';
import type { LoadRun } from '../load-run.js';
import type { Plan } from '../plan/plan-document.js';
import { runTaskGroup } from '../transfer/task-group.js';
import { pauseForLock } from './short-locks.js';
import { checkStaging, stagedInput } from './staged-input.js';

/** A new table that needs nothing more than the old one's name. */
export interface PreparedTable {
  name: string;
  definition: TableDefinition;
  applied: AppliedRows;
}

/**
 * Gives the filled new table its indexes, keys and statistics, and counts what the exchange will do. Each step is a
 * transaction of its own that does nothing where an earlier try has done it.
 */
export async function prepareNewTable(
  run: LoadRun,
  plan: Plan,
  parts: readonly PartRow[],
): Promise<PreparedTable> {
  const { newTable, target } = plan.plan;
  if (newTable === null) throw new Error('the plan has no new table');
  const name = newTable.isCopiedInto ? plan.stagingTable : nameNewTable(plan.stagingTable);
  const inTarget = <T>(work: (client: pg.PoolClient) => Promise<T>, signal = run.signal) =>
    run.inTarget({ schema: target.schema, signal }, work);
  if (newTable.isCopiedInto) await inTarget((client) => checkStaging(plan, parts, client));
  const definition = await inTarget((client) => readOldTable(client, newTable));
  if (!newTable.isCopiedInto) {
    await inTarget((client) => fillOnce(run, plan, parts, client, definition, newTable, name));
  }
  await inTarget((client) => checkColumns(client, definition, name));
  await runTaskGroup(run.signal, run.env.parallelism, async (group) => {
    for (const index of definition.indexes) {
      await group.start(() => inTarget((client) => buildIndex(client, name, index), group.signal));
    }
  });
  await inTarget((client) => addKeys(client, name, definition));
  for (const key of definition.constraints.filter(({ isForeignKey }) => isForeignKey)) {
    await retryShortly(run, (client) => addForeignKey(client, name, key));
    await inTarget((client) => validateForeignKey(client, name, key));
  }
  const applied = await inTarget((client) => countExchange(run, plan, parts, client, name));
  return { name, definition, applied };
}

async function readOldTable(client: pg.ClientBase, newTable: NewTablePlan): Promise<TableDefinition> {
  const oid = await findReplaced(client, newTable);
  const obstacle = await findObstacle(client, oid);
  if (obstacle !== null) throw new ExchangeRefusedError(obstacle);
  return readDefinition(client, oid);
}

/** In one transaction: a new table that stands is whole. So is what it is filled from, which a crash may have emptied. */
async function fillOnce(
  run: LoadRun,
  plan: Plan,
  parts: readonly PartRow[],
  client: pg.PoolClient,
  definition: TableDefinition,
  { attachment }: NewTablePlan,
  name: string,
): Promise<void> {
  if (!(await createNewTable(client, definition, attachment, name))) return;
  await checkStaging(plan, parts, client);
  await fillNewTable(stagedInput(run, plan, client), name);
}

async function checkColumns(client: pg.ClientBase, definition: TableDefinition, name: string): Promise<void> {
  const { rows } = await client.query<{ oid: number }>('SELECT $1::regclass::oid::bigint::float8 AS oid', [
    quoteStaging(name),
  ]);
  const made = await readDefinition(client, rows[0]?.oid ?? 0);
  if (JSON.stringify(made.columns) !== JSON.stringify(definition.columns)) {
    throw new ExchangeRefusedError('columns of the table were altered while the new one was filled');
  }
}

/** `deleted` is counted a moment before the exchange: what others write in between is replaced, too. */
async function countExchange(
  run: LoadRun,
  plan: Plan,
  parts: readonly PartRow[],
  client: pg.PoolClient,
  name: string,
): Promise<AppliedRows> {
  const { newTable, target } = plan.plan;
  const loaded = await countRows(client, `FROM ${quoteStaging(name)}`);
  const deleted = await countRows(client, `FROM ${quoteTable(newTable?.replaces ?? target)}`);
  const notFilled = newTable?.isCopiedInto
    ? { filtered: (await countLeftOut(client, plan.stagingTable)).excluded, deduplicated: 0 }
    : await countNotFilled(run, plan, parts, client);
  return { loaded, ...notFilled, inserted: loaded, updated: 0, unchanged: 0, deleted };
}

/** Counted apart from what was filled: the receipt compares both. */
async function countNotFilled(
  run: LoadRun,
  plan: Plan,
  parts: readonly PartRow[],
  client: pg.ClientBase,
): Promise<Pick<AppliedRows, 'filtered' | 'deduplicated'>> {
  await checkStaging(plan, parts, client);
  const input = stagedInput(run, plan, client);
  if (input.columns.length === 0) return { filtered: 0, deduplicated: 0 };
  return { filtered: await countFiltered(input), deduplicated: await countEarlierDuplicates(input) };
}

async function retryShortly(run: LoadRun, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const { exchangeTimeoutMs } = run.deps.config.worker;
  const giveUpAt = Date.now() + exchangeTimeoutMs;
  for (;;) {
    try {
      return await run.inTarget({ lockTimeoutMs: SHORT_LOCK_TIMEOUT_MS }, work);
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      if (Date.now() >= giveUpAt) {
        throw new ExchangeRefusedError(
          `others kept a referenced table locked for ${exchangeTimeoutMs / 1000} s`,
        );
      }
      await pauseForLock(run.signal);
    }
  }
}
