import pg from 'pg';

/** A table by its two names; the only way in which names reach SQL is through `quote` and `quoteTable`. */
export interface TableName {
  schema: string;
  table: string;
}

export function quote(identifier: string): string {
  return pg.escapeIdentifier(identifier);
}

export function quoteTable({ schema, table }: TableName): string {
  return `${quote(schema)}.${quote(table)}`;
}

/** A list of columns for SQL; with an alias, each as `alias."column"`. */
export function quoteColumns(columns: readonly string[], alias?: string): string {
  return columns
    .map((column) => (alias === undefined ? quote(column) : `${alias}.${quote(column)}`))
    .join(', ');
}

export function quoteText(text: string): string {
  return pg.escapeLiteral(text);
}

/** `schema.table`, as requests, reports and fences write it. */
export function parseTableName(name: string): TableName {
  const dot = name.indexOf('.');
  return { schema: name.slice(0, dot), table: name.slice(dot + 1) };
}

export function formatTableName({ schema, table }: TableName): string {
  return `${schema}.${table}`;
}
