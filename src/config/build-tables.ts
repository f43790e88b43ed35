import { findCsvConflicts } from '../loads/csv-conflicts.js';
import type { ConfigFile } from './schema.js';
import type { DataSetConfig, EnvironmentConfig, TableConfig } from './types.js';

const DEFAULT_SCHEMA = 'public';

type Tables = Map<string, TableConfig>;
type DataSets = Map<string, DataSetConfig>;

/**
 * By `schema.table`. A name without schema is the table in `public` and in every environment's default schema, as a
 * request's table without schema is.
 */
export function buildTables(
  entries: NonNullable<ConfigFile['tables']>,
  environments: Iterable<EnvironmentConfig>,
  problems: string[],
): Tables {
  const defaultSchemas = new Set([
    DEFAULT_SCHEMA,
    ...[...environments].flatMap((env) => env.targetSchemas[0] ?? []),
  ]);
  const tables: Tables = new Map();
  for (const [name, entry] of Object.entries(entries)) {
    const qualified = name.includes('.') ? [name] : [...defaultSchemas].map((schema) => `${schema}.${name}`);
    if (qualified.some((table) => tables.has(table))) {
      problems.push(`tables."${name}": the table stands twice, with and without its schema; keep one.`);
    }
    const table = { scopeColumn: entry.scope_column ?? null, lockTarget: entry.lock_target ?? false };
    for (const key of qualified) tables.set(key, table);
  }
  return tables;
}

export function buildDataSets(
  entries: NonNullable<ConfigFile['data_sets']>,
  tables: Tables,
  environments: EnvironmentConfig[],
  problems: string[],
): DataSets {
  const dataSets: DataSets = new Map(
    Object.entries(entries).map(([name, entry]) => [
      name,
      {
        table: entry?.table ?? null,
        csv: entry?.csv ?? {},
        commitStrategy: entry?.commit_strategy ?? null,
        prefer: entry?.prefer ?? 'time',
      },
    ]),
  );
  for (const [name, dataSet] of dataSets) {
    problems.push(...findCsvConflicts(dataSet.csv).map(({ detail }) => `data_sets.${name}: ${detail}`));
    problems.push(...findSchemaProblems(name, dataSet, environments));
  }
  problems.push(...findSharedTables(dataSets, tables));
  return dataSets;
}

function findSchemaProblems(
  name: string,
  { table }: DataSetConfig,
  environments: EnvironmentConfig[],
): string[] {
  const [schema, rest] = table?.split('.') ?? [];
  if (rest === undefined || environments.some((env) => env.targetSchemas.includes(schema ?? ''))) return [];
  return [
    `data_sets.${name}.table: no environment may load into the schema ${schema}; correct it, or add the schema to the environment's target_schemas.`,
  ];
}

/** Without a scope column a full load of one data set would remove the other's rows. */
function findSharedTables(dataSets: DataSets, tables: Tables): string[] {
  const owners = new Map<string, string>();
  const problems: string[] = [];
  for (const [name, dataSet] of dataSets) {
    const written = dataSet.table ?? name.replaceAll('-', '_');
    const table = written.includes('.') ? written : `${DEFAULT_SCHEMA}.${written}`;
    const owner = owners.get(table);
    if (owner !== undefined && !isScoped(tables, table)) {
      problems.push(
        `data_sets.${name}.table: ${table} is the table of data_sets.${owner} too, and a full load of one would remove the other's rows; set tables.${written}.scope_column to the column that holds the data set.`,
      );
    }
    owners.set(table, owner ?? name);
  }
  return problems;
}

function isScoped(tables: Tables, table: string): boolean {
  return (tables.get(table)?.scopeColumn ?? null) !== null;
}
