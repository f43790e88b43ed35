import type pg from 'pg';
import { withDatabase } from '../databases.js';
import { COLUMNS } from '../rows.js';

const ROWS_PER_COMMIT = 1_000;

/** A row's values in the order of COLUMNS. */
export type Values = (string | null)[];

/**
 * As `DbApiHook.insert_rows` of Airflow does by default, which its transfer operators call: one INSERT for each row,
 * a COMMIT for every 1,000.
 */
export async function insertRowByRow(url: string, table: string, rows: readonly Values[]): Promise<void> {
  const statement = `INSERT INTO ${table} (${COLUMNS.join(', ')}) VALUES (${placeholders(0)})`;
  await inBatches(url, rows, async (client, batch) => {
    for (const values of batch) await client.query(statement, values);
  });
}

/** The same with one INSERT for every 1,000 rows, as JDBC's reWriteBatchedInserts does. */
export async function insertBatches(url: string, table: string, rows: readonly Values[]): Promise<void> {
  await inBatches(url, rows, async (client, batch) => {
    const tuples = batch.map((_, index) => `(${placeholders(index * COLUMNS.length)})`);
    const statement = `INSERT INTO ${table} (${COLUMNS.join(', ')}) VALUES ${tuples.join(', ')}`;
    await client.query(statement, batch.flat());
  });
}

async function inBatches(
  url: string,
  rows: readonly Values[],
  insert: (client: pg.Client, batch: readonly Values[]) => Promise<void>,
): Promise<void> {
  await withDatabase(url, async (client) => {
    for (let from = 0; from < rows.length; from += ROWS_PER_COMMIT) {
      await client.query('BEGIN');
      await insert(client, rows.slice(from, from + ROWS_PER_COMMIT));
      await client.query('COMMIT');
    }
  });
}

function placeholders(offset: number): string {
  return COLUMNS.map((_, index) => `$${offset + index + 1}`).join(', ');
}
