import { createHash } from 'node:crypto';
import pg from 'pg';

/** PostgreSQL cuts identifiers to this many bytes, silently. */
export const MAX_IDENTIFIER_BYTES = 63;

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

/** A name with a suffix that is told apart from the name even after PostgreSQL's cut: too long a name is hashed. */
export function deriveIdentifier(name: string, suffix: string): string {
  const derived = name + suffix;
  if (Buffer.byteLength(derived) <= MAX_IDENTIFIER_BYTES) return derived;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  const room = MAX_IDENTIFIER_BYTES - Buffer.byteLength(suffix) - hash.length - 1;
  return `${cutBytes(name, room)}_${hash}${suffix}`;
}

function cutBytes(text: string, bytes: number): string {
  let cut = text.slice(0, bytes);
  while (Buffer.byteLength(cut) > bytes) cut = cut.slice(0, -1);
  return cut;
}
