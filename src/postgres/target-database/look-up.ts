import type pg from 'pg';

/** Nothing that is looked up takes long: a server that does not answer is given up, and its connection with it. */
const TIMEOUT_MS = 30_000;

/** Asks the target something outside of a transaction. */
export async function lookUp<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  text: string,
  values: unknown[] = [],
  timeoutMs: number = TIMEOUT_MS,
): Promise<Row[]> {
  const config: pg.QueryConfig & { query_timeout: number } = { text, values, query_timeout: timeoutMs };
  return (await pool.query<Row>(config)).rows;
}
