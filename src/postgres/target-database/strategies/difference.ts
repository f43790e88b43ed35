import { quote, quoteTable } from '../../identifiers.js';
import { loadableColumns, type TargetColumn, type TargetTable } from '../catalog.js';
import { quoteStaging } from '../staging-table.js';
import { type StagedInput, scopeCondition } from './applied.js';

/**
 * What becomes of a row that differs. One that the source lacks goes (d), one that the target lacks is inserted (i), a
 * changed one is updated (u), or replaced where it can't be updated: its identity ALWAYS column differs (r).
 */
export type DifferenceKind = 'd' | 'i' | 'u' | 'r';
export type DifferenceCounts = Record<DifferenceKind, number>;

export interface DifferenceInput extends StagedInput {
  table: TargetTable;
  /** Rows of the staging table. */
  stagedRows: number;
  /** Rows that go may take with them what refers to them by CASCADE, SET NULL or SET DEFAULT. */
  allowsCascade: boolean;
}

/** Memory of each hash table of the join; what does not fit is written to disk once more. */
const JOIN_WORK_MEM = '64MB';

/** Holds `kind`, where the row is staged (`staged`), and the key of the target's row (`k0`, `k1`, ...). */
export function quoteDifference({ staging }: Pick<StagedInput, 'staging'>): string {
  return quoteStaging(`${staging.name}_difference`);
}

/** Joins the target, as `alias`, with the differences, as `d`. */
export function matchDifference({ target }: Pick<StagedInput, 'target'>, alias: string): string {
  return target.primaryKey.map((column, at) => `${alias}.${quote(column)} = d.k${at}`).join(' AND ');
}

/**
 * Joins staging table and scope by key, and notes each row that differs. Rows are compared by image, key included,
 * which works for json and geometry and tells `1.0` from `1`. A column that the source lacks is to have its DEFAULT.
 */
export async function noteDifference(input: DifferenceInput): Promise<DifferenceCounts> {
  const { client, target } = input;
  const columns = loadableColumns(input.table);
  const at = (name: string) => columns.findIndex((column) => column.name === name);
  const image = (alias: string, which: readonly TargetColumn[]) =>
    `ROW(${which.map(({ name }) => `${alias}.c${at(name)}`).join(', ')})`;
  const identities = columns.filter(({ isAlwaysIdentity }) => isAlwaysIdentity);
  const isReplaced =
    identities.length === 0
      ? 'FALSE'
      : `record_image_ne(${image('t', identities)}, ${image('s', identities)})`;
  await client.query(
    `SELECT set_config('work_mem', '${JOIN_WORK_MEM}', true)
      WHERE pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('${JOIN_WORK_MEM}')`,
  );
  await client.query(
    `CREATE UNLOGGED TABLE ${quoteDifference(input)} AS
     SELECT (CASE WHEN s.staged IS NULL THEN 'd' WHEN t.found IS NULL THEN 'i' WHEN ${isReplaced} THEN 'r' ELSE 'u' END)::"char" AS kind,
            s.staged, ${target.primaryKey.map((name, nth) => `t.c${at(name)} AS k${nth}`).join(', ')}
       FROM (${targetRows(input, columns)}) t FULL JOIN (${stagedRows(input, columns)}) s
         ON ${target.primaryKey.map((name) => `t.c${at(name)} = s.c${at(name)}`).join(' AND ')}
      WHERE s.staged IS NULL OR t.found IS NULL OR record_image_ne(${image('t', columns)}, ${image('s', columns)})
      ORDER BY ${target.primaryKey.map((name) => `t.c${at(name)}`).join(', ')}`,
  );
  await client.query(`ANALYZE ${quoteDifference(input)}`);
  return countKinds(input);
}

/** Dropped with the transaction that made it; a load that ends well leaves none either. */
export async function forgetDifference(input: DifferenceInput): Promise<void> {
  await input.client.query(`DROP TABLE ${quoteDifference(input)}`);
}

function targetRows({ target, scope }: DifferenceInput, columns: readonly TargetColumn[]): string {
  const values = columns.map(({ name }, at) => `t.${quote(name)} AS c${at}`);
  return `SELECT TRUE AS found, ${values.join(', ')} FROM ${quoteTable(target.name)} t WHERE ${scopeCondition(scope, 't')}`;
}

/** The staged rows as the target would hold them. Of an empty source there is not even a column. */
function stagedRows(
  { staging, scope, columns: staged }: DifferenceInput,
  columns: readonly TargetColumn[],
): string {
  const values = columns.map(({ name, type, defaultExpression }, at) =>
    staged.includes(name)
      ? `s.${quote(name)} AS c${at}`
      : `CAST((${defaultExpression ?? 'NULL'}) AS ${type}) AS c${at}`,
  );
  const inScope = staged.length === 0 ? 'FALSE' : scopeCondition(scope, 's');
  return `SELECT s.ctid AS staged, ${values.join(', ')} FROM ${quoteStaging(staging.name)} s WHERE ${inScope}`;
}

async function countKinds(input: DifferenceInput): Promise<DifferenceCounts> {
  const { rows } = await input.client.query<{ kind: DifferenceKind; count: number }>(
    `SELECT kind::text AS kind, count(*)::float8 AS count FROM ${quoteDifference(input)} GROUP BY kind`,
  );
  return { d: 0, i: 0, u: 0, r: 0, ...Object.fromEntries(rows.map(({ kind, count }) => [kind, count])) };
}
