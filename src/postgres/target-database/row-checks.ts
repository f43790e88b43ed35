import type pg from 'pg';
import { quote, quoteTable, type TableName } from '../identifiers.js';
import { outOfScopeCondition, type ScopeFilter } from './scope-filter.js';

/** What of the target a row must keep to as soon as it is staged: nothing of that needs another row. */
export interface CheckedTable {
  table: TableName;
  /** Rows out of scope are staged, too, and may be as they like. */
  scope: ScopeFilter | null;
}

/** A CHECK of the target, or that a column must not be null. */
export interface RowCheck {
  /** Of the constraint. */
  name: string;
  columns: string[];
  /** SQL over the names of the columns. A row breaks it where it is FALSE. */
  expression: string;
}

/**
 * Where there is a scope, columns of the staging table are not NOT NULL themselves, but by a CHECK of this name, followed by
 * the column's place among those asked for, from 1.
 */
const NOT_NULL_NAME = 'copydock_not_null_';

/** Place, from 0, of the column that a constraint of that name keeps from being null; -1 for any other constraint. */
export function notNullPosition(constraint = ''): number {
  return constraint.startsWith(NOT_NULL_NAME) ? Number(constraint.slice(NOT_NULL_NAME.length)) - 1 : -1;
}

/**
 * The checks of the target that some of its columns are enough for. None of a table with triggers that may change a row
 * before it is checked. Expressions are read and written within one transaction, under one search_path.
 */
export async function readRowChecks(
  client: pg.ClientBase,
  { table, scope }: CheckedTable,
  columns: readonly string[],
): Promise<RowCheck[]> {
  const { rows } = await client.query<RowCheck>(CHECKS_QUERY, [quoteTable(table), columns, scope !== null]);
  return rows;
}

/** The checks as constraints of a staging table. */
export function checkConstraints(checks: readonly RowCheck[], scope: ScopeFilter | null): string[] {
  const outOfScope = scope === null ? '' : `${outOfScopeCondition(scope)} OR `;
  return checks.map(
    ({ name, expression }) => `CONSTRAINT ${quote(name)} CHECK (${outOfScope}(${expression}))`,
  );
}

/** Only PostgreSQL 18 has `conenforced`. A number of 0 or less is the whole row, or a column of the system. */
const CHECKS_QUERY = `
WITH target AS (SELECT to_regclass($1) AS oid),
checks AS (
  SELECT c.conname::text AS name, pg_catalog.pg_get_expr(c.conbin, c.conrelid) AS expression, c.conkey AS numbers
    FROM pg_catalog.pg_constraint c JOIN target ON target.oid = c.conrelid
   WHERE c.contype = 'c' AND cardinality(c.conkey) > 0 AND to_jsonb(c)->>'conenforced' IS DISTINCT FROM 'false'
  UNION ALL
  SELECT '${NOT_NULL_NAME}' || array_position($2::text[], a.attname::text), pg_catalog.quote_ident(a.attname) || ' IS NOT NULL', ARRAY[a.attnum]
    FROM pg_catalog.pg_attribute a JOIN target ON target.oid = a.attrelid
   WHERE $3::boolean AND a.attnum > 0 AND a.attnotnull AND NOT a.attisdropped),
described AS (
  SELECT name, expression, numbers, ARRAY(
      SELECT a.attname::text FROM pg_catalog.pg_attribute a JOIN target ON target.oid = a.attrelid
       WHERE a.attnum = ANY(numbers) AND a.attnum > 0 AND a.attgenerated = '' ORDER BY a.attnum) AS columns
    FROM checks)
SELECT name, columns, expression FROM described
 WHERE cardinality(columns) = cardinality(numbers) AND columns <@ $2::text[]
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger g JOIN target ON target.oid = g.tgrelid
                    WHERE NOT g.tgisinternal AND g.tgenabled <> 'D' AND (g.tgtype & 7) = 7)
 ORDER BY name`;
