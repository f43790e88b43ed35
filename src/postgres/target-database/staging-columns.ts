import type pg from 'pg';
import { quote, quoteTable, type TableName } from '../identifiers.js';
import type { CopyDestination, CopyOptions } from './copy-in.js';
import { type GeometryColumn, type GeometryType, textColumn } from './geometry.js';
import type { CheckedTable } from './row-checks.js';
import { quoteStaging } from './staging-names.js';

export interface StagingColumn {
  name: string;
  type: string;
  isNotNull: boolean;
  /** Its text is converted as it is copied. Plans of the first version have none. */
  geometry?: GeometryType;
}

export interface StagingTable {
  name: string;
  columns: readonly StagingColumn[];
  hasPosition: boolean;
  /** Geometry that is not valid is mended. */
  makesValid?: boolean;
  /** Records that don't load are left out and kept beside it. */
  keepsRejects?: boolean;
  /** The target that rows are to keep to as they are staged; none that is made by the load itself. */
  checks?: CheckedTable;
  /** Columns that some parts lack: their rows take the default that this table has for them. */
  defaults?: { table: TableName; columns: readonly string[] };
}

/** The converted columns by their position. */
export function geometryColumns({ columns, makesValid = false }: StagingTable): Map<number, GeometryColumn> {
  const found = new Map<number, GeometryColumn>();
  for (const [position, { name, type, geometry }] of columns.entries()) {
    if (geometry !== undefined) found.set(position, { name, type, geometry, makesValid });
  }
  return found;
}

/** The column that COPY writes a column of the source into. */
function copiedColumn({ columns }: StagingTable, name: string): string {
  const position = columns.findIndex((column) => column.name === name);
  return columns[position]?.geometry === undefined ? name : textColumn(position);
}

/** Where COPY brings some of the source's columns: into the staging table, or the new table that stands in its place. */
export function intoStaging(
  staging: StagingTable,
  columns: readonly string[],
  options: CopyOptions,
): CopyDestination {
  const copied = (name: string) => copiedColumn(staging, name);
  const forceNull = options.forceNull.map(copied);
  return {
    table: quoteStaging(staging.name),
    columns: columns.map(copied),
    options: { ...options, forceNull },
  };
}

/**
 * Expressions are read and written within one transaction, under one search_path. The default of a converted column is
 * that of its text.
 */
export async function takeOverDefaults(
  client: pg.ClientBase,
  staging: StagingTable,
  { table, columns }: NonNullable<StagingTable['defaults']>,
): Promise<void> {
  if (columns.length === 0) return;
  const { rows } = await client.query<{ column: string; expression: string }>(
    `SELECT a.attname AS "column", pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS expression
       FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = $1::regclass AND a.attname = ANY($2) AND a.attgenerated = '' AND a.attidentity = ''`,
    [quoteTable(table), columns],
  );
  for (const { column, expression } of rows) {
    const copied = copiedColumn(staging, column);
    const value = copied === column ? expression : `CAST((${expression}) AS text)`;
    await client.query(
      `ALTER TABLE ${quoteStaging(staging.name)} ALTER COLUMN ${quote(copied)} SET DEFAULT ${value}`,
    );
  }
}
