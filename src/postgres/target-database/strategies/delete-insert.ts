import { quoteColumns, quoteTable } from '../../identifiers.js';
import { outOfScopeCondition, scopeCondition } from '../scope-filter.js';
import { quoteStaging } from '../staging-table.js';
import { type AppliedRows, countRows, NOTHING_APPLIED, type StagedInput } from './applied.js';
import { dropEarlierDuplicates } from './deduplicate.js';

/** Full load: deletes the scope's rows, then inserts the staged ones in key order. */
export async function deleteAndInsert(input: StagedInput): Promise<AppliedRows> {
  const { client, target, scope } = input;
  const { rowCount } = await client.query(
    `DELETE FROM ${quoteTable(target.name)} t WHERE ${scopeCondition(scope, 't')}`,
  );
  return { ...(await insertStaged(input)), deleted: rowCount ?? 0 };
}

/** Plain append, and the second half of a replacement. */
export async function insertStaged(input: StagedInput): Promise<AppliedRows> {
  const { client, target, staging, columns, scope } = input;
  if (columns.length === 0) return NOTHING_APPLIED;
  const deduplicated = await dropEarlierDuplicates(input);
  const filtered = await countFiltered(input);
  const order = target.primaryKey.length > 0 && target.primaryKey.every((column) => columns.includes(column));
  const { rowCount } = await client.query(
    `INSERT INTO ${quoteTable(target.name)} (${quoteColumns(columns)}) OVERRIDING SYSTEM VALUE
     SELECT ${quoteColumns(columns, 's')} FROM ${quoteStaging(staging.name)} s WHERE ${scopeCondition(scope, 's')}
     ${order ? `ORDER BY ${quoteColumns(target.primaryKey, 's')}` : ''}`,
  );
  const inserted = rowCount ?? 0;
  return { loaded: inserted, deduplicated, filtered, inserted, updated: 0, unchanged: 0, deleted: 0 };
}

export async function countFiltered({ client, staging, scope }: StagedInput): Promise<number> {
  if (scope === null) return 0;
  return countRows(client, `FROM ${quoteStaging(staging.name)} s WHERE ${outOfScopeCondition(scope, 's')}`);
}
