import type pg from 'pg';
import { CONSTRAINTS_QUERY, IDENTITIES_QUERY, INDEXES_QUERY, TABLE_QUERY } from './definition-queries.js';
import { STATEMENT_QUERIES } from './statement-queries.js';

/** An index, built after the data, and the key constraint that stands on it. */
export interface IndexDefinition {
  oid: number;
  name: string;
  isUnique: boolean;
  /** `USING ...` and all that follows. */
  body: string;
  tablespace: string;
  /** `PRIMARY KEY` or `UNIQUE`, and when it is checked; null for a plain index. */
  constraint: { kind: string; timing: string } | null;
}

/** A constraint that is added as a whole: a foreign key, or one that builds its own index. */
export interface ConstraintDefinition {
  oid: number;
  name: string;
  body: string;
  isForeignKey: boolean;
  /** NOT ENFORCED foreign keys are not validated either. */
  isEnforced: boolean;
}

/** A table's own sequence of an identity column. */
export interface IdentityDefinition {
  column: string;
  sequence: string;
  sequenceName: string;
}

/** All of a table that its rows do not tell, so that a new table can take its place. */
export interface TableDefinition {
  oid: number;
  schema: string;
  name: string;
  owner: string;
  isOwnedByRole: boolean;
  accessMethod: string;
  tablespace: string;
  /** `name='value'`, as SET takes it. */
  options: string[];
  /** What the new table's columns must be, too. */
  columns: unknown[];
  referencedTables: string[];
  indexes: IndexDefinition[];
  constraints: ConstraintDefinition[];
  identities: IdentityDefinition[];
  /** Run when the new table has the name, before the old one is dropped. */
  beforeDrop: string[];
  /** Run when the old table is gone and every name is restored. */
  afterDrop: string[];
}

/**
 * Reads a table's definition. All names in it are qualified, which takes a search_path without the table's schema: it is
 * set for the rest of the transaction.
 */
export async function readDefinition(client: pg.ClientBase, oid: number): Promise<TableDefinition> {
  await client.query('SET LOCAL search_path = pg_catalog');
  const [table] = await readRows<Omit<TableDefinition, 'indexes' | 'constraints' | 'identities'>>(
    client,
    TABLE_QUERY,
    oid,
  );
  if (table === undefined) throw new Error(`there is no table ${oid}`);
  const statements = async (queries: readonly string[]) => {
    const lists: string[] = [];
    for (const query of queries) {
      lists.push(...(await readRows<{ statement: string }>(client, query, oid)).map((row) => row.statement));
    }
    return lists;
  };
  return {
    ...table,
    indexes: await readRows<IndexDefinition>(client, INDEXES_QUERY, oid),
    constraints: await readRows<ConstraintDefinition>(client, CONSTRAINTS_QUERY, oid),
    identities: await readRows<IdentityDefinition>(client, IDENTITIES_QUERY, oid),
    beforeDrop: await statements(STATEMENT_QUERIES.beforeDrop),
    afterDrop: await statements(STATEMENT_QUERIES.afterDrop),
  };
}

async function readRows<Row extends object>(
  client: pg.ClientBase,
  query: string,
  oid: number,
): Promise<Row[]> {
  return (await client.query<Row & pg.QueryResultRow>(query, [oid])).rows;
}
