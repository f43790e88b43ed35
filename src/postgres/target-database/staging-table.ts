import type pg from 'pg';
import { quote } from '../identifiers.js';
import { createConverters, dropConverters, textColumn } from './geometry.js';
import { createRejectTable, emptyRejectTable, quoteRejects } from './rejects/reject-table.js';
import { checkConstraints, readRowChecks } from './row-checks.js';
import { geometryColumns, type StagingTable, takeOverDefaults } from './staging-columns.js';
import { quoteStaging } from './staging-names.js';

export { intoStaging, type StagingColumn, type StagingTable } from './staging-columns.js';
export { quoteStaging } from './staging-names.js';

/** Position of a row over all parts, where rows of one key must be told apart (`duplicates: last`). */
export const POSITION_COLUMN = 'copydock_position';
/** A part's rows are numbered within this many bits. */
const POSITION_BITS = 40;

export function quoteLedger(name: string): string {
  return quoteStaging(`${name}_ledger`);
}

function quoteSequence(name: string): string {
  return quoteStaging(`${name}_position`);
}

/** The table that is to take the target's place, where parts are not copied right into it. */
export function nameNewTable(staging: string): string {
  return `${staging}_new`;
}

/**
 * Makes the staging table and its ledger of copied parts, both UNLOGGED: after a crash of the server both are empty,
 * never one of them. Does nothing where they stand already (a resumed load), unless a worker of a version that converted no
 * geometry made them: then they are made anew, empty, and every part is copied again.
 */
export async function createStaging(client: pg.ClientBase, staging: StagingTable): Promise<void> {
  const table = quoteStaging(staging.name);
  const columns = staging.columns.map(
    ({ name, type, isNotNull }) => `${quote(name)} ${type}${isNotNull ? ' NOT NULL' : ''}`,
  );
  const converted = geometryColumns(staging);
  const textColumns = [...converted.keys()].map(textColumn);
  if (await lacksColumns(client, staging.name, textColumns)) await dropStaging(client, staging.name);
  columns.push(...textColumns.map((name) => `${quote(name)} text`));
  if (staging.hasPosition) {
    await client.query(`CREATE SEQUENCE IF NOT EXISTS ${quoteSequence(staging.name)} CACHE 1000`);
    columns.push(
      `${quote(POSITION_COLUMN)} bigint DEFAULT (current_setting('copydock.part')::bigint << ${POSITION_BITS})
         + nextval('${quoteSequence(staging.name)}')`,
    );
  }
  const checks = await stagingChecks(client, staging);
  await client.query(
    `CREATE UNLOGGED TABLE IF NOT EXISTS ${table} (${[...columns, ...checks].join(', ')}) WITH (autovacuum_enabled = false)`,
  );
  await createConverters(client, staging.name, converted);
  if (staging.defaults !== undefined) await takeOverDefaults(client, staging, staging.defaults);
  await createLedger(client, staging.name, 'UNLOGGED');
  if (staging.keepsRejects) await createRejectTable(client, staging.name, 'UNLOGGED');
}

async function stagingChecks(client: pg.ClientBase, { columns, checks }: StagingTable): Promise<string[]> {
  if (checks === undefined) return [];
  const names = columns.map(({ name }) => name);
  return checkConstraints(await readRowChecks(client, checks, names), checks.scope);
}

/** Whether the table is there without one of these columns. */
async function lacksColumns(
  client: pg.ClientBase,
  staging: string,
  columns: readonly string[],
): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_catalog.unnest($2::text[]) AS wanted
      WHERE to_regclass($1) IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass($1) AND attname = wanted)`,
    [quoteStaging(staging), columns],
  );
  return (rowCount ?? 0) > 0;
}

/** The ledger has the persistence of the table that it speaks of: after a crash both are empty, or both are whole. */
export async function createLedger(
  client: pg.ClientBase,
  name: string,
  persistence: 'UNLOGGED' | '',
): Promise<void> {
  await client.query(
    `CREATE ${persistence} TABLE IF NOT EXISTS ${quoteLedger(name)}
       (part integer PRIMARY KEY, records bigint NOT NULL, excluded bigint NOT NULL, rejected bigint NOT NULL)`,
  );
}

/** For the transaction that copies a part: its rows take their position from the part's number. */
export async function announcePart(client: pg.ClientBase, part: number): Promise<void> {
  await client.query(`SELECT set_config('copydock.part', $1, true)`, [String(part)]);
}

/**
 * Enters a part into the ledger, in the transaction of its rows. `excluded`: records of it that COPY left out; `rejected`:
 * those that don't load. False: the part is in already, and this transaction must be rolled back.
 */
// model: enter_part
export async function enterPart(
  client: pg.ClientBase,
  name: string,
  {
    part,
    records,
    excluded,
    rejected,
  }: { part: number; records: number; excluded: number; rejected: number },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `INSERT INTO ${quoteLedger(name)} VALUES ($1, $2, $3, $4) ON CONFLICT (part) DO NOTHING`,
    [part, records, excluded, rejected],
  );
  return rowCount === 1;
}

/** Records of all parts that are not in the table: out of scope, or rejected. */
export async function countLeftOut(
  client: pg.ClientBase,
  name: string,
): Promise<{ excluded: number; rejected: number }> {
  const { rows } = await client.query<{ excluded: number; rejected: number }>(
    `SELECT coalesce(sum(excluded), 0)::float8 AS excluded, coalesce(sum(rejected), 0)::float8 AS rejected
       FROM ${quoteLedger(name)}`,
  );
  return rows[0] ?? { excluded: 0, rejected: 0 };
}

/** The parts that are in the staging table, by the ledger. */
export async function readLedger(
  client: pg.ClientBase | pg.Pool,
  name: string,
): Promise<Map<number, number>> {
  const { rows } = await client.query<{ part: number; records: number }>(
    `SELECT part, records::float8 AS records FROM ${quoteLedger(name)}`,
  );
  return new Map(rows.map(({ part, records }) => [part, records]));
}

export async function countStaged(client: pg.ClientBase, name: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::float8 AS count FROM ${quoteStaging(name)}`,
  );
  return rows[0]?.count ?? 0;
}

/** Empties staging table and ledger together, to copy every part again. */
export async function emptyStaging(client: pg.ClientBase, name: string): Promise<void> {
  await client.query(`DROP TABLE IF EXISTS ${quoteStaging(nameNewTable(name))}`);
  await client.query(`TRUNCATE ${quoteStaging(name)}, ${quoteLedger(name)}`);
  await emptyRejectTable(client, name);
}

/**
 * Drops what a plan made; answers whether there was anything. A table that has taken the target's place is in another
 * schema by then, and has another name. A worker of the version before drops the tables and leaves the converters.
 */
// model: drop_staging
export async function dropStaging(client: pg.ClientBase, name: string): Promise<boolean> {
  const tables = [
    quoteStaging(name),
    quoteStaging(nameNewTable(name)),
    quoteLedger(name),
    quoteRejects(name),
  ];
  const { rows } = await client.query<{ found: boolean }>(
    'SELECT bool_or(to_regclass(name) IS NOT NULL) AS found FROM unnest($1::text[]) AS name',
    [[...tables, quoteSequence(name)]],
  );
  const hadTables = rows[0]?.found === true;
  if (hadTables) {
    await client.query(`DROP TABLE IF EXISTS ${tables.join(', ')}`);
    await client.query(`DROP SEQUENCE IF EXISTS ${quoteSequence(name)}`);
  }
  const hadConverters = await dropConverters(client, name);
  return hadTables || hadConverters;
}
