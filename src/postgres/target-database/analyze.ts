import type pg from 'pg';
import { parseTableName, quoteTable } from '../identifiers.js';

/** Refreshes the planner's statistics of a table, given as `schema.table`, after its rows changed. */
export async function analyzeTarget(client: pg.ClientBase, table: string): Promise<void> {
  await client.query(`ANALYZE ${quoteTable(parseTableName(table))}`);
}
