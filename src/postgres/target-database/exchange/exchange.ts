import type pg from 'pg';
import { quote, quoteTable } from '../../identifiers.js';
import { quoteStaging } from '../staging-table.js';
import { temporaryName } from './build-indexes.js';
import { type IdentityDefinition, readDefinition, type TableDefinition } from './definition.js';
import { type Attachment, BOUND_CHECK, optionStatements, quoteDefined, sequenceOf } from './new-table.js';
import { findObstacle } from './obstacles.js';
import { REVOKE_QUERY } from './statement-queries.js';

/** Another transaction may wait behind the exchange's own wait for a lock: this long at most. */
export const SHORT_LOCK_TIMEOUT_MS = 200;
/** Waiting for SHARE UPDATE EXCLUSIVE keeps no reader or writer waiting, and an autovacuum gives way after a second. */
const QUIET_LOCK_TIMEOUT_MS = 5_000;

/** The exchange can't be made, and another strategy must do: something depends on the table, a right is missing. */
export class ExchangeRefusedError extends Error {
  override readonly name = 'ExchangeRefusedError';
}

/**
 * Puts the new table in the place of the old one, which is dropped. To be committed at once: readers wait from here on.
 * `definition` is what the new table was built by; if the old one is another by now, or something hangs on it, nothing is
 * done.
 */
export async function exchangeTables(
  client: pg.ClientBase,
  definition: TableDefinition,
  newTable: string,
  attachment: Attachment | null,
): Promise<void> {
  try {
    await exchange(client, definition, newTable, attachment);
  } catch (error) {
    const { code = '', message } = error as { code?: string; message: string };
    if (/^(2B|42|0A|55000)/.test(code)) throw new ExchangeRefusedError(message, { cause: error });
    throw error;
  }
}

async function exchange(
  client: pg.ClientBase,
  definition: TableDefinition,
  newTable: string,
  attachment: Attachment | null,
): Promise<void> {
  await lockTables(client, definition, attachment);
  await checkUnchanged(client, definition);
  const table = quoteDefined(definition);
  const old = `${newTable}_old`;
  const parent = attachment === null ? '' : quoteTable(attachment.parent);
  const run = async (statements: readonly string[]) => {
    for (const statement of statements) await client.query(statement);
  };
  if (attachment !== null) await run([`ALTER TABLE ${parent} DETACH PARTITION ${table}`]);
  await run([
    `ALTER TABLE ${table} RENAME TO ${quote(old)}`,
    `ALTER TABLE ${quoteStaging(newTable)} SET SCHEMA ${quote(definition.schema)}`,
    `ALTER TABLE ${quote(definition.schema)}.${quote(newTable)} RENAME TO ${quote(definition.name)}`,
    ...(definition.isOwnedByRole ? [] : [`ALTER TABLE ${table} OWNER TO ${quote(definition.owner)}`]),
    ...optionStatements(definition),
    ...definition.beforeDrop,
    ...definition.identities.map((identity) => continueSequence(table, identity)),
    `DROP TABLE ${quote(definition.schema)}.${quote(old)} RESTRICT`,
  ]);
  await run(await renameStatements(client, definition, newTable));
  await run(await revokeStatements(client, table));
  await run(definition.afterDrop);
  if (attachment === null) return;
  await run([
    `ALTER TABLE ${parent} ATTACH PARTITION ${table} ${attachment.bound}`,
    `ALTER TABLE ${table} DROP CONSTRAINT ${quote(BOUND_CHECK)}`,
  ]);
}

/** Dropping the old table's foreign keys takes ACCESS EXCLUSIVE on the tables that they refer to. */
async function lockTables(
  client: pg.ClientBase,
  definition: TableDefinition,
  attachment: Attachment | null,
): Promise<void> {
  const table = quoteDefined(definition);
  const parents = attachment === null ? [] : [quoteTable(attachment.parent)];
  await client.query(`SET LOCAL lock_timeout = ${QUIET_LOCK_TIMEOUT_MS}`);
  await client.query(`LOCK TABLE ${table} IN SHARE UPDATE EXCLUSIVE MODE`);
  await client.query(`SET LOCAL lock_timeout = ${SHORT_LOCK_TIMEOUT_MS}`);
  for (const locked of [...parents, table, ...definition.referencedTables]) {
    await client.query(`LOCK TABLE ONLY ${locked} IN ACCESS EXCLUSIVE MODE`);
  }
}

async function checkUnchanged(client: pg.ClientBase, definition: TableDefinition): Promise<void> {
  if ((await readOid(client, quoteDefined(definition))) !== definition.oid)
    throw new ExchangeRefusedError('the table is another one by now');
  const obstacle = await findObstacle(client, definition.oid);
  if (obstacle !== null) throw new ExchangeRefusedError(obstacle);
  const now = await readDefinition(client, definition.oid);
  if (JSON.stringify(now) !== JSON.stringify(definition)) {
    throw new ExchangeRefusedError('the table was altered while the new one was built');
  }
}

/** Numbers go on after the furthest of both sequences: the new table's began where the old one's stood. */
function continueSequence(table: string, { column, sequence }: IdentityDefinition): string {
  const own = `${sequenceOf(table, column)}::regclass`;
  return `SELECT setval(${own}, o.last_value, o.is_called) FROM ${sequence} o JOIN pg_sequence p ON p.seqrelid = ${own}
           WHERE o.is_called AND (o.last_value - coalesce(pg_sequence_last_value(${own}), o.last_value)) * sign(p.seqincrement) >= 0`;
}

async function renameStatements(
  client: pg.ClientBase,
  definition: TableDefinition,
  newTable: string,
): Promise<string[]> {
  const table = quoteDefined(definition);
  const schema = quote(definition.schema);
  const constraint = (from: string, to: string) =>
    `ALTER TABLE ${table} RENAME CONSTRAINT ${quote(from)} TO ${quote(to)}`;
  const sequences: string[] = [];
  for (const { column, sequenceName } of definition.identities) {
    const { rows } = await client.query<{ name: string }>(`SELECT ${sequenceOf(table, column)} AS name`);
    sequences.push(`ALTER SEQUENCE ${rows[0]?.name} RENAME TO ${quote(sequenceName)}`);
  }
  return [
    ...definition.indexes.map((index) =>
      index.constraint === null
        ? `ALTER INDEX ${schema}.${quote(temporaryName(newTable, index))} RENAME TO ${quote(index.name)}`
        : constraint(temporaryName(newTable, index), index.name),
    ),
    ...definition.constraints
      .filter(({ isForeignKey }) => !isForeignKey)
      .map((one) => constraint(temporaryName(newTable, one), one.name)),
    ...sequences,
  ];
}

async function revokeStatements(client: pg.ClientBase, table: string): Promise<string[]> {
  const { rows } = await client.query<{ statement: string }>(REVOKE_QUERY, [await readOid(client, table)]);
  return rows.map(({ statement }) => statement);
}

async function readOid(client: pg.ClientBase, table: string): Promise<number | null> {
  const { rows } = await client.query<{ oid: number | null }>(
    'SELECT to_regclass($1)::oid::bigint::float8 AS oid',
    [table],
  );
  return rows[0]?.oid ?? null;
}
