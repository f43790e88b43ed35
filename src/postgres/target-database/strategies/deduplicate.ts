import { quote, quoteColumns } from '../../identifiers.js';
import { scopeCondition } from '../scope-filter.js';
import { POSITION_COLUMN, quoteStaging } from '../staging-table.js';
import type { StagedInput } from './applied.js';

/**
 * `duplicates: last`: of the staged rows in scope with one key keeps the one that stands last (by object key, then
 * line), and answers how many were dropped.
 */
export async function dropEarlierDuplicates({
  client,
  target,
  staging,
  scope,
  keepsLastDuplicate,
}: StagedInput): Promise<number> {
  if (!keepsLastDuplicate || target.primaryKey.length === 0) return 0;
  const table = quoteStaging(staging.name);
  const { rowCount } = await client.query(
    `DELETE FROM ${table} s USING (
       SELECT s.ctid, row_number() OVER (PARTITION BY ${quoteColumns(target.primaryKey, 's')}
                                         ORDER BY s.${quote(POSITION_COLUMN)} DESC) AS nth
         FROM ${table} s WHERE ${scopeCondition(scope, 's')}) ranked
      WHERE s.ctid = ranked.ctid AND ranked.nth > 1`,
  );
  return rowCount ?? 0;
}
