import type pg from 'pg';
import { quoteTable } from '../identifiers.js';
import type { TargetTable } from './catalog.js';
import { type ScopeFilter, scopeCondition } from './strategies/applied.js';

/** How large a table is, without a look at its rows: what PostgreSQL's own planner believes. */
export interface TableSize {
  targetRows: number;
  scopeRows: number;
  indexes: number;
}

export async function estimateSize(
  client: pg.ClientBase,
  { name, oid }: TargetTable,
  scope: ScopeFilter | null,
): Promise<TableSize> {
  const targetRows = await estimateRows(client, `SELECT FROM ${quoteTable(name)}`);
  const inScope = `SELECT FROM ${quoteTable(name)} t WHERE ${scopeCondition(scope, 't')}`;
  const { rows } = await client.query<{ indexes: number }>(
    'SELECT count(*)::int AS indexes FROM pg_catalog.pg_index WHERE indrelid = $1',
    [oid],
  );
  return {
    targetRows,
    scopeRows: scope === null ? targetRows : await estimateRows(client, inScope),
    indexes: rows[0]?.indexes ?? 0,
  };
}

async function estimateRows(client: pg.ClientBase, query: string): Promise<number> {
  const { rows } = await client.query<{ 'QUERY PLAN': { Plan: { 'Plan Rows': number } }[] }>(
    `EXPLAIN (FORMAT JSON) ${query}`,
  );
  return rows[0]?.['QUERY PLAN'][0]?.Plan['Plan Rows'] ?? 0;
}
