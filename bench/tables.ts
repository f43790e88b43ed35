import { withDatabase } from './databases.js';
import { psql, script } from './rivals/psql.js';
import type { Source } from './source.js';

const COLUMN_TYPES = `entity bigint NOT NULL, name text, dataset text NOT NULL, prefix text, reference text,
  organisation_entity bigint, entry_date date, start_date date, json jsonb, geometry text, point text`;

/** A table of entities with a primary key and one index. */
export async function createTable(url: string, table: string): Promise<void> {
  await execute(
    url,
    `CREATE TABLE ${table} (${COLUMN_TYPES}, PRIMARY KEY (entity));
     CREATE INDEX ON ${table} (dataset, entry_date);`,
  );
}

/** The same, with a partition for each data set. */
export async function createPartitionedTable(
  url: string,
  table: string,
  dataSets: readonly string[],
): Promise<void> {
  const partitions = dataSets.map(
    (dataSet, index) => `CREATE TABLE ${table}_${index} PARTITION OF ${table} FOR VALUES IN ('${dataSet}');`,
  );
  await execute(
    url,
    `CREATE TABLE ${table} (${COLUMN_TYPES}, PRIMARY KEY (entity, dataset)) PARTITION BY LIST (dataset);
     CREATE INDEX ON ${table} (dataset, entry_date);
     ${partitions.join('\n')}`,
  );
}

export async function fillTable(url: string, table: string, source: Source): Promise<void> {
  await psql(url, script({ table, before: '', source }));
}

async function execute(url: string, sql: string): Promise<void> {
  await withDatabase(url, (client) => client.query(sql));
}
