import type pg from 'pg';
import { quoteStaging } from '../staging-names.js';

/** A record that was left out, as the part's transaction keeps it beside the staging table. */
export interface StagedReject {
  part: number;
  /** Of the part's records, from 0. */
  number: number;
  object: string;
  line: number | null;
  record_number: number | null;
  byte_offset: number | null;
  column_name: string | null;
  sqlstate: string;
  reason: string;
  record: string;
  is_cut: boolean;
  columns: string[];
  field_values: (string | null)[] | null;
}

const COLUMNS = `part integer, number bigint, object text, line bigint, record_number bigint, byte_offset bigint,
  column_name text, sqlstate text, reason text, record text, is_cut boolean, columns text[], field_values text[]`;
const ROWS_PER_STATEMENT = 500;

export function quoteRejects(name: string): string {
  return quoteStaging(`${name}_rejects`);
}

/** With the persistence of the staging table: after a crash both are empty, or both are whole. */
export async function createRejectTable(
  client: pg.ClientBase,
  name: string,
  persistence: 'UNLOGGED' | '',
): Promise<void> {
  await client.query(
    `CREATE ${persistence} TABLE IF NOT EXISTS ${quoteRejects(name)} (${COLUMNS}, PRIMARY KEY (part, number))`,
  );
}

export async function hasRejectTable(client: pg.ClientBase, name: string): Promise<boolean> {
  const { rows } = await client.query<{ exists: boolean }>('SELECT to_regclass($1) IS NOT NULL AS exists', [
    quoteRejects(name),
  ]);
  return rows[0]?.exists === true;
}

/** Where the plan has such a table. */
export async function emptyRejectTable(client: pg.ClientBase, name: string): Promise<void> {
  if (await hasRejectTable(client, name)) await client.query(`TRUNCATE ${quoteRejects(name)}`);
}

/** Keeps rejects in the transaction that copies their part, so that a part that is copied again has them once. */
export async function saveRejects(
  client: pg.ClientBase,
  name: string,
  rejects: readonly StagedReject[],
): Promise<void> {
  for (let from = 0; from < rejects.length; from += ROWS_PER_STATEMENT) {
    await client.query(
      `INSERT INTO ${quoteRejects(name)} SELECT * FROM jsonb_to_recordset($1) AS reject (${COLUMNS})`,
      [JSON.stringify(rejects.slice(from, from + ROWS_PER_STATEMENT))],
    );
  }
}

/** So many rejects after the one given, in the order of the source. */
export async function readRejects(
  client: pg.ClientBase,
  name: string,
  after: Pick<StagedReject, 'part' | 'number'>,
  limit: number,
): Promise<StagedReject[]> {
  const { rows } = await client.query<StagedReject>(
    `SELECT part, number::float8 AS number, object, line::float8 AS line, record_number::float8 AS record_number,
            byte_offset::float8 AS byte_offset, column_name, sqlstate, reason, record, is_cut, columns, field_values
       FROM ${quoteRejects(name)} WHERE (part, number) > ($1, $2) ORDER BY part, number LIMIT $3`,
    [after.part, after.number, limit],
  );
  return rows;
}

/** The part's records, from 0, that are kept. */
export async function readRejectedNumbers(
  client: pg.ClientBase,
  name: string,
  part: number,
): Promise<Set<number>> {
  const { rows } = await client.query<{ number: number }>(
    `SELECT number::float8 AS number FROM ${quoteRejects(name)} WHERE part = $1`,
    [part],
  );
  return new Set(rows.map(({ number }) => number));
}
