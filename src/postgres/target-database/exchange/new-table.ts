import type pg from 'pg';
import { CopydockError } from '../../../loads/errors.js';
import {
  formatTableName,
  quote,
  quoteColumns,
  quoteTable,
  quoteText,
  type TableName,
} from '../../identifiers.js';
import { createRejectTable } from '../rejects/reject-table.js';
import { scopeCondition } from '../scope-filter.js';
import { createLedger, POSITION_COLUMN, quoteStaging, type StagingTable } from '../staging-table.js';
import { countRows, type StagedInput } from '../strategies/applied.js';
import { readDefinition, type TableDefinition } from './definition.js';

/** The partitioned table that the replaced table is a partition of, and the bound, as PostgreSQL writes it. */
export interface Attachment {
  parent: TableName;
  bound: string;
  column: string;
  value: string;
}

/** What a plan says of a table that is made to take another's place. */
export interface NewTablePlan {
  replaces: TableName;
  attachment: Attachment | null;
  /** Parts are copied right into it. Else it is filled from a staging table. */
  isCopiedInto: boolean;
}

/** Constraint of a new partition that spares the attachment a look at every row. */
export const BOUND_CHECK = 'copydock_bound';

/** A table under construction is left alone by autovacuum, whose lock would stand in the way. */
const WITHOUT_AUTOVACUUM = ['autovacuum_enabled', 'toast.autovacuum_enabled'];

/**
 * Makes an empty table with the columns, defaults, checks and storage of the one that it is to replace, logged, without
 * indexes and keys. Answers false, and does nothing, where it stands already.
 */
export async function createNewTable(
  client: pg.ClientBase,
  definition: TableDefinition,
  attachment: Attachment | null,
  name: string,
): Promise<boolean> {
  const table = quoteStaging(name);
  const { rows } = await client.query<{ exists: boolean }>('SELECT to_regclass($1) IS NOT NULL AS exists', [
    table,
  ]);
  if (rows[0]?.exists) return false;
  const including = ['DEFAULTS', 'GENERATED', 'IDENTITY', 'CONSTRAINTS', 'STORAGE', 'COMPRESSION'].filter(
    (what) => what !== 'IDENTITY' || definition.identities.length > 0,
  );
  const kept = definition.options.filter((option) => !isAutovacuum(option));
  const options = [...kept, ...WITHOUT_AUTOVACUUM.map((option) => `${option}=false`)];
  const tablespace = definition.tablespace === '' ? '' : ` TABLESPACE ${quote(definition.tablespace)}`;
  await client.query(
    `CREATE TABLE ${table} (LIKE ${quoteDefined(definition)} ${including.map((what) => `INCLUDING ${what}`).join(' ')})
      USING ${quote(definition.accessMethod)} WITH (${options.join(', ')})${tablespace}`,
  );
  if (attachment !== null) {
    const column = quote(attachment.column);
    await client.query(
      `ALTER TABLE ${table} ADD CONSTRAINT ${quote(BOUND_CHECK)}
         CHECK (${column} IS NOT NULL AND ${column} = ${quoteText(attachment.value)})`,
    );
  }
  for (const { column, sequence } of definition.identities) {
    await client.query(`SELECT setval(${sequenceOf(table, column)}, last_value, is_called) FROM ${sequence}`);
  }
  return true;
}

/** Makes the new table, and its ledger of copied parts, for parts to be copied into. */
export async function openNewTable(
  client: pg.ClientBase,
  plan: NewTablePlan,
  { name, keepsRejects = false }: Pick<StagingTable, 'name' | 'keepsRejects'>,
): Promise<void> {
  const definition = await readDefinition(client, await findReplaced(client, plan));
  await createNewTable(client, definition, plan.attachment, name);
  await createLedger(client, name, '');
  if (keepsRejects) await createRejectTable(client, name, '');
}

/** The oid of the table that is to be replaced. */
export async function findReplaced(client: pg.ClientBase, { replaces }: NewTablePlan): Promise<number> {
  const { rows } = await client.query<{ oid: number | null }>(
    'SELECT to_regclass($1)::oid::bigint::float8 AS oid',
    [quoteTable(replaces)],
  );
  const oid = rows[0]?.oid ?? null;
  if (oid !== null) return oid;
  throw new CopydockError('target_table_missing', `There is no table ${formatTableName(replaces)} any more.`);
}

/** Puts the old table's options on the new one. */
export function optionStatements(definition: TableDefinition): string[] {
  const table = quoteDefined(definition);
  const own = definition.options.filter(isAutovacuum);
  return [
    `ALTER TABLE ${table} RESET (${WITHOUT_AUTOVACUUM.join(', ')})`,
    ...(own.length === 0 ? [] : [`ALTER TABLE ${table} SET (${own.join(', ')})`]),
  ];
}

/** Fills the new table from the staging table: the rows in scope, one of each key where the last counts. */
export async function fillNewTable(input: StagedInput, name: string): Promise<void> {
  const { client, staging, columns, scope, keepsLastDuplicate } = input;
  if (columns.length === 0) return;
  const key = stagedKey(input);
  const order = key.length === 0 ? '' : `ORDER BY ${quoteColumns(key, 's')}`;
  const isDeduplicated = keepsLastDuplicate && key.length > 0;
  await client.query(
    `INSERT INTO ${quoteStaging(name)} (${quoteColumns(columns)}) OVERRIDING SYSTEM VALUE
     SELECT ${isDeduplicated ? `DISTINCT ON (${quoteColumns(key, 's')})` : ''} ${quoteColumns(columns, 's')}
       FROM ${quoteStaging(staging.name)} s WHERE ${scopeCondition(scope, 's')}
     ${order}${isDeduplicated ? `, s.${quote(POSITION_COLUMN)} DESC` : ''}`,
  );
}

/** Staged rows in scope that `fillNewTable` leaves out, since a later one has their key. */
export async function countEarlierDuplicates(input: StagedInput): Promise<number> {
  const { client, staging, scope, keepsLastDuplicate } = input;
  const key = stagedKey(input);
  if (!keepsLastDuplicate || key.length === 0) return 0;
  const inScope = `FROM ${quoteStaging(staging.name)} s WHERE ${scopeCondition(scope, 's')}`;
  const keys = await countRows(client, `FROM (SELECT ${inScope} GROUP BY ${quoteColumns(key, 's')}) keys`);
  return (await countRows(client, inScope)) - keys;
}

/** The primary key where the source has all of it, else nothing. */
function stagedKey({ target, columns }: StagedInput): readonly string[] {
  return target.primaryKey.every((column) => columns.includes(column)) ? target.primaryKey : [];
}

export function quoteDefined({ schema, name }: Pick<TableDefinition, 'schema' | 'name'>): string {
  return `${quote(schema)}.${quote(name)}`;
}

/** SQL of the identity sequence of a column. */
export function sequenceOf(quotedTable: string, column: string): string {
  return `pg_get_serial_sequence(${quoteText(quotedTable)}, ${quoteText(column)})`;
}

function isAutovacuum(option: string): boolean {
  return WITHOUT_AUTOVACUUM.some((name) => option.startsWith(`${name}=`));
}
