import { CopydockError } from '../../../loads/errors.js';
import { quote, quoteColumns, quoteTable } from '../../identifiers.js';
import { scopeCondition } from '../scope-filter.js';
import { quoteStaging } from '../staging-table.js';
import { type AppliedRows, joinOnKey, NOTHING_APPLIED, type StagedInput } from './applied.js';
import { dropEarlierDuplicates } from './deduplicate.js';
import { countFiltered } from './delete-insert.js';
import { refuseDuplicates, refuseForeignKeys } from './refuse-staged.js';

/**
 * Delta load: inserts new keys and updates changed rows; columns that the file lacks keep their value. Rows are
 * compared by image (record_image_ne), which works for json and geometry, and unchanged rows are not written.
 *
 * Counts come from a join, since RETURNING xmax fails on partitioned tables; if the statement then touches another
 * number of rows, somebody else wrote in between, and the transaction is tried again (`target_busy`).
 */
export async function upsertStaged(input: StagedInput): Promise<AppliedRows> {
  const { client, columns } = input;
  if (columns.length === 0) return NOTHING_APPLIED;
  const deduplicated = await dropEarlierDuplicates(input);
  const filtered = await countFiltered(input);
  // INSERT ... ON CONFLICT would find some of them only: of two rows with one key, one that changes nothing passes unseen.
  await refuseDuplicates(input);
  await refuseForeignKeys(input);
  const expected = await classifyRows(input);
  const { rowCount } = await client.query(upsertStatement(input));
  if (rowCount !== expected.loaded - expected.unchanged) {
    throw new CopydockError(
      'target_busy',
      `The upsert wrote ${rowCount} rows instead of ${expected.loaded - expected.unchanged}: others wrote at the same time, or a trigger or rule of the table left rows out.`,
    );
  }
  const inserted = expected.loaded - expected.matched;
  const updated = expected.matched - expected.unchanged;
  return {
    loaded: expected.loaded,
    deduplicated,
    filtered,
    inserted,
    updated,
    unchanged: expected.unchanged,
    deleted: 0,
  };
}

/** Of the staged rows in scope how many the target has by key, and how many of these are no different. */
export async function classifyRows(
  input: StagedInput,
): Promise<{ loaded: number; matched: number; unchanged: number }> {
  const { client, target, staging, scope } = input;
  const matched = `t.${quote(target.primaryKey[0] ?? '')} IS NOT NULL`;
  const { rows } = await client.query<{ loaded: number; matched: number; unchanged: number }>(
    `SELECT count(*)::float8 AS loaded, (count(*) FILTER (WHERE ${matched}))::float8 AS matched,
            (count(*) FILTER (WHERE ${matched} AND NOT (${changedCondition(input, 't', 's')})))::float8 AS unchanged
       FROM ${quoteStaging(staging.name)} s LEFT JOIN ${quoteTable(target.name)} t ON ${joinOnKey(target.primaryKey, 's', 't')}
      WHERE ${scopeCondition(scope, 's')}`,
  );
  return rows[0] ?? { loaded: 0, matched: 0, unchanged: 0 };
}

function upsertStatement(input: StagedInput): string {
  const { target, staging, columns, scope } = input;
  const values = valueColumns(input);
  const action =
    values.length === 0
      ? 'DO NOTHING'
      : `DO UPDATE SET ${values.map((column) => `${quote(column)} = excluded.${quote(column)}`).join(', ')}
         WHERE (${changedCondition(input, 't', 'excluded')}) AND ${scopeCondition(scope, 't')}`;
  return `INSERT INTO ${quoteTable(target.name)} AS t (${quoteColumns(columns)}) OVERRIDING SYSTEM VALUE
    SELECT ${quoteColumns(columns, 's')} FROM ${quoteStaging(staging.name)} s WHERE ${scopeCondition(scope, 's')}
    ORDER BY ${quoteColumns(target.primaryKey, 's')}
    ON CONFLICT (${quoteColumns(target.primaryKey)}) ${action}`;
}

function valueColumns({ target, columns }: StagedInput): string[] {
  return columns.filter((column) => !target.primaryKey.includes(column));
}

function changedCondition(input: StagedInput, left: string, right: string): string {
  const values = valueColumns(input);
  if (values.length === 0) return 'FALSE';
  return `record_image_ne(ROW(${quoteColumns(values, left)}), ROW(${quoteColumns(values, right)}))`;
}
