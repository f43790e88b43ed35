import type { FuzzDialect, FuzzEncoding } from './fuzz-case.js';

type Random = (below: number) => number;

const LETTERS: Record<FuzzEncoding, string[]> = {
  UTF8: ['ü', '漢', '😀', '\u2028', '\ufeff'],
  'UTF8 with mark': ['ü', '漢', '😀'],
  UTF16LE: ['ü', '漢', '😀', '\u2028'],
  UTF16BE: ['ü', '漢', '😀', '\u0d0a'],
  LATIN1: ['ü', 'é', 'ÿ', '\u0085'],
  WIN1252: ['ü', '€', 'œ'],
};
const LONG_VALUE = 3_000;
const QUOTED_PERCENT = 25;
const NULL_PERCENT = 12;

export function randomRecord(
  columns: readonly string[],
  dialect: FuzzDialect,
  encoding: FuzzEncoding,
  random: Random,
): string {
  return columns
    .map((column) => writeValue(randomValue(column, dialect, encoding, random), dialect, random))
    .join(dialect.delimiter);
}

function randomValue(
  column: string,
  dialect: FuzzDialect,
  encoding: FuzzEncoding,
  random: Random,
): string | null {
  if (random(100) < NULL_PERCENT) return null;
  if (column === 'n') return String(random(2_000_000) - 1_000_000);
  const { delimiter, quote, escape: escapeWith, nullString } = dialect;
  const special = [
    '\n',
    '\r',
    '\r\n',
    '\\.',
    '\\',
    ' ',
    '\t',
    delimiter,
    quote,
    escapeWith,
    nullString,
    '""',
    "'",
  ];
  const pieces = ['a', 'bc', 'x y', ...(LETTERS[encoding] ?? []), ...special];
  const length = random(200) === 0 ? LONG_VALUE : random(6);
  return Array.from({ length }, () => pieces[random(pieces.length)] ?? '').join('');
}

/** NULL is the null string without quotes, and no value is written like that. */
function writeValue(value: string | null, dialect: FuzzDialect, random: Random): string {
  const { delimiter, quote, escape: escapeWith, nullString } = dialect;
  if (value === null) return nullString;
  const mustBeQuoted =
    value === nullString || [delimiter, quote, '\n', '\r'].some((part) => value.includes(part));
  if (!mustBeQuoted && random(100) >= QUOTED_PERCENT) return value;
  let escaped = '';
  for (const character of value) {
    escaped += character === quote || character === escapeWith ? escapeWith + character : character;
  }
  return quote + escaped + quote;
}
