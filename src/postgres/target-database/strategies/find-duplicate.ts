import type pg from 'pg';
import { quote, quoteColumns, quoteTable, type TableName } from '../../identifiers.js';
import { outOfScopeCondition, type ScopeFilter, scopeCondition } from '../scope-filter.js';
import { quoteStaging } from '../staging-table.js';
import { joinOnKey } from './applied.js';

export interface KeyQuestion {
  staging: string;
  target: TableName;
  primaryKey: readonly string[];
  scope: ScopeFilter | null;
}

/** A key that two staged rows share, as text, or null. Asked only after a unique violation. */
export async function findDuplicateKey(
  client: pg.ClientBase | pg.Pool,
  { staging, primaryKey, scope }: KeyQuestion,
): Promise<string[] | null> {
  const { rows } = await client.query<{ key: string[] }>(
    `SELECT ARRAY[${primaryKey.map((column) => `s.${quote(column)}::text`).join(', ')}] AS key
       FROM ${quoteStaging(staging)} s WHERE ${scopeCondition(scope, 's')}
      GROUP BY ${quoteColumns(primaryKey, 's')} HAVING count(*) > 1 LIMIT 1`,
  );
  return rows[0]?.key ?? null;
}

/** A staged key whose row in the target belongs to another scope, and that scope, or null. */
export async function findForeignKeyOwner(
  client: pg.ClientBase | pg.Pool,
  { staging, target, primaryKey, scope }: KeyQuestion,
): Promise<{ key: string[]; owner: string | null } | null> {
  if (scope === null) return null;
  const { rows } = await client.query<{ key: string[]; owner: string | null }>(
    `SELECT ARRAY[${primaryKey.map((column) => `t.${quote(column)}::text`).join(', ')}] AS key,
            t.${quote(scope.column)}::text AS owner
       FROM ${quoteStaging(staging)} s JOIN ${quoteTable(target)} t ON ${joinOnKey(primaryKey, 's', 't')}
      WHERE ${scopeCondition(scope, 's')} AND ${outOfScopeCondition(scope, 't')} LIMIT 1`,
  );
  return rows[0] ?? null;
}

/** The scope that owns the target's row of this key, where it is another one; null otherwise. Values are text. */
export async function findOwnerOfKey(
  client: pg.ClientBase | pg.Pool,
  { target, primaryKey, scope }: Omit<KeyQuestion, 'staging'>,
  key: readonly string[],
): Promise<{ owner: string | null } | null> {
  if (scope === null) return null;
  const { rows } = await client.query<{ owner: string | null }>(
    `SELECT t.${quote(scope.column)}::text AS owner FROM ${quoteTable(target)} t
      WHERE ${primaryKey.map((column, index) => `t.${quote(column)} = $${index + 1}`).join(' AND ')}
        AND ${outOfScopeCondition(scope, 't')}`,
    [...key],
  );
  return rows[0] ?? null;
}
