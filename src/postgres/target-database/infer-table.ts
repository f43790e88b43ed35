import { quote, quoteTable, type TableName } from '../identifiers.js';
import type { TargetColumn } from './catalog.js';

const INTEGER = /^[+-]?\d{1,18}$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const LEADING_ZERO = /^[+-]?0\d/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?$/;

/** Tried in this order; the first that fits every value seen is proposed. */
const TYPES: [type: string, fits: (value: string) => boolean][] = [
  ['bigint', (value) => INTEGER.test(value) && !LEADING_ZERO.test(value)],
  ['numeric', (value) => NUMBER.test(value) && !LEADING_ZERO.test(value)],
  ['boolean', (value) => /^(true|false)$/i.test(value)],
  ['date', (value) => DATE.test(value) && isRealDate(value)],
  ['timestamp with time zone', (value) => TIMESTAMP.test(value) && isRealDate(value.slice(0, 10))],
  ['jsonb', isJsonContainer],
];

/**
 * Proposes columns from sample rows. Only unambiguous spellings count: `01/02/2024` and numbers with leading zeros
 * stay text, and so does a column without a value in the sample.
 */
export function inferColumns(
  names: readonly string[],
  rows: readonly (readonly (string | null)[])[],
): TargetColumn[] {
  return names.map((name, index) => {
    const values = rows.map((row) => row[index] ?? null).filter((value) => value !== null && value !== '');
    const type =
      values.length === 0 ? undefined : TYPES.find(([, fits]) => values.every((v) => fits(v ?? '')))?.[0];
    return {
      name,
      type: type ?? 'text',
      isText: type === undefined,
      isNotNull: false,
      hasDefault: false,
      hasVolatileDefault: false,
      isGenerated: false,
      isIdentity: false,
      isAlwaysIdentity: false,
      geometry: null,
    };
  });
}

/** One line, so that it can stand in an error's detail. */
export function createTableStatement(name: TableName, columns: readonly TargetColumn[]): string {
  return `CREATE TABLE ${quoteTable(name)} (${columns.map(({ name: column, type }) => `${quote(column)} ${type}`).join(', ')})`;
}

function isRealDate(date: string): boolean {
  const parsed = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date);
}

function isJsonContainer(value: string): boolean {
  if (!/^\s*[{[]/.test(value)) return false;
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}
