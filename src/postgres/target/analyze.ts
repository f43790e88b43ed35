import type pg from 'pg';
import { parseTableName, quoteTable } from '../identifiers.js';
import { inTargetTransaction, type TransactionOptions } from './session.js';

/** Refreshes the planner's statistics of a table, given as `schema.table`, after its rows changed. */
export function analyzeTarget(pool: pg.Pool, options: TransactionOptions, table: string): Promise<void> {
  return inTargetTransaction(pool, options, async (client) => {
    await client.query(`ANALYZE ${quoteTable(parseTableName(table))}`);
  });
}
