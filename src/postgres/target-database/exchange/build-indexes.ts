import type pg from 'pg';
import { quote } from '../../identifiers.js';
import { quoteStaging } from '../staging-table.js';
import type { ConstraintDefinition, IndexDefinition, TableDefinition } from './definition.js';

/** Memory of each build; the server's own setting where that is more. */
const BUILD_WORK_MEM = '128MB';

/** Unique in the schema of the staging tables; the index gets its own name when the old one is gone. */
export function temporaryName(table: string, { oid }: { oid: number }): string {
  return `${table}_${oid}`;
}

/** Builds one index of the new table, unless it stands already. Several may be built side by side. */
export async function buildIndex(
  client: pg.ClientBase,
  table: string,
  index: IndexDefinition,
): Promise<void> {
  await client.query('SET LOCAL search_path = pg_catalog');
  await client.query(
    `SELECT set_config('maintenance_work_mem', '${BUILD_WORK_MEM}', true)
      WHERE pg_size_bytes(current_setting('maintenance_work_mem')) < pg_size_bytes('${BUILD_WORK_MEM}')`,
  );
  await client.query(`SELECT set_config('default_tablespace', $1, true)`, [index.tablespace]);
  const name = temporaryName(table, index);
  try {
    await client.query(
      `CREATE ${index.isUnique ? 'UNIQUE ' : ''}INDEX IF NOT EXISTS ${quote(name)} ON ${quoteStaging(table)} ${index.body}`,
    );
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replace(name, index.name);
    throw error;
  }
}

/** Turns unique indexes into keys, adds the constraints that build their own index, and gathers statistics. */
export async function addKeys(
  client: pg.ClientBase,
  table: string,
  definition: TableDefinition,
): Promise<void> {
  await client.query('SET LOCAL search_path = pg_catalog');
  const existing = await readConstraints(client, table);
  for (const index of definition.indexes) {
    const name = temporaryName(table, index);
    if (index.constraint === null || existing.has(name)) continue;
    const { kind, timing } = index.constraint;
    await client.query(
      `ALTER TABLE ${quoteStaging(table)} ADD CONSTRAINT ${quote(name)} ${kind} USING INDEX ${quote(name)} ${timing}`,
    );
  }
  for (const constraint of definition.constraints) {
    const name = temporaryName(table, constraint);
    if (constraint.isForeignKey || existing.has(name)) continue;
    await client.query(`ALTER TABLE ${quoteStaging(table)} ADD CONSTRAINT ${quote(name)} ${constraint.body}`);
  }
  await client.query(`ANALYZE ${quoteStaging(table)}`);
}

/**
 * Adds a foreign key without a look at the rows: that takes SHARE ROW EXCLUSIVE on the referenced table, so the caller
 * bounds the wait. Names of foreign keys are the final ones, since they are the table's own.
 */
export async function addForeignKey(
  client: pg.ClientBase,
  table: string,
  { name, body, isEnforced }: ConstraintDefinition,
): Promise<void> {
  await client.query('SET LOCAL search_path = pg_catalog');
  if ((await readConstraints(client, table)).has(name)) return;
  await client.query(
    `ALTER TABLE ${quoteStaging(table)} ADD CONSTRAINT ${quote(name)} ${body}${isEnforced ? ' NOT VALID' : ''}`,
  );
}

/** Checks the rows, which locks nobody out. Also where the old table's key was NOT VALID: each row is a new one. */
export async function validateForeignKey(
  client: pg.ClientBase,
  table: string,
  { name, isEnforced }: ConstraintDefinition,
): Promise<void> {
  if (!isEnforced) return;
  await client.query(`ALTER TABLE ${quoteStaging(table)} VALIDATE CONSTRAINT ${quote(name)}`);
}

async function readConstraints(client: pg.ClientBase, table: string): Promise<Set<string>> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT conname AS name FROM pg_catalog.pg_constraint WHERE conrelid = $1::regclass',
    [quoteStaging(table)],
  );
  return new Set(rows.map(({ name }) => name));
}
