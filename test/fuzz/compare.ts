import { COLUMNS, type FuzzCase, type FuzzDialect, type FuzzObject } from './fuzz-case.js';
import type { Readings, Row } from './read-otherwise.js';

/** What Copydock made of a case. */
export interface Outcome {
  status: string;
  code: string | null;
  detail: string | null;
  rows: Row[];
}

export interface Verdict {
  kind: 'both accept' | 'both refuse' | 'only PostgreSQL accepts' | 'only Copydock accepts';
  /** Whether csv-parse accepts what both accept. */
  isReadByReader: boolean;
  code: string | null;
  /** What is wrong, or null. */
  fault: string | null;
}

/** What Copydock refuses on purpose though COPY takes it: quotes that merge lines, and heads that are not usable. */
const STRICTER = new Set([
  'unbalanced_quote',
  'header_invalid',
  'header_mismatch',
  'unsupported_encoding',
  'duplicate_column',
  'unknown_column',
]);

export function judge(fuzzCase: FuzzCase, outcome: Outcome, { raw, target, reader }: Readings): Verdict {
  const { code } = outcome;
  const verdict = { code, isReadByReader: false, fault: null };
  const isComparable = fuzzCase.objects.every((object) => hasOwnHeader(object, fuzzCase.dialect));
  if (outcome.status !== 'succeeded') {
    if (target === null) return { ...verdict, kind: 'both refuse' };
    const fault =
      !isComparable || STRICTER.has(code ?? '')
        ? null
        : `COPY reads ${target.length} rows, and Copydock refuses with ${code}: ${outcome.detail}`;
    return { ...verdict, kind: 'only PostgreSQL accepts', fault };
  }
  if (target === null || raw === null) {
    return { ...verdict, kind: 'only Copydock accepts', fault: `loaded ${outcome.rows.length} rows` };
  }
  if (!isComparable) return { ...verdict, kind: 'both accept' };
  const fault = difference(outcome.rows, target, 'Copydock', 'COPY');
  if (fault !== null || reader === null) return { ...verdict, kind: 'both accept', fault };
  const { nullString } = fuzzCase.dialect;
  const asText = raw.map((row) => mapValues(row, (value) => value ?? nullString));
  const asRead = reader.map((row) => mapValues(row, (value) => value ?? nullString));
  return {
    ...verdict,
    kind: 'both accept',
    isReadByReader: true,
    fault: difference(asText, asRead, 'COPY', 'csv-parse'),
  };
}

/** Copydock goes by the names of a header, COPY by the order of its columns: a header that was damaged tells them apart. */
function hasOwnHeader({ columns, text }: FuzzObject, { delimiter, hasHeader }: FuzzDialect): boolean {
  const header = columns.join(delimiter);
  return (
    !hasHeader || text === header || /^[\r\n]/.test(text.startsWith(header) ? text.slice(header.length) : '')
  );
}

function mapValues(row: Row, change: (value: string | null) => string): Row {
  return Object.fromEntries(COLUMNS.map((name) => [name, change(row[name] ?? null)]));
}

/** Rows have no order. */
function difference(left: Row[], right: Row[], leftName: string, rightName: string): string | null {
  const [lefts, rights] = [left, right].map((rows) =>
    rows.map((row) => JSON.stringify(COLUMNS.map((name) => row[name] ?? null))).sort(),
  ) as [string[], string[]];
  if (lefts.length !== rights.length)
    return `${leftName} has ${lefts.length} rows, ${rightName} ${rights.length}`;
  const at = lefts.findIndex((row, index) => row !== rights[index]);
  return at < 0 ? null : `${leftName} has ${lefts[at]}, ${rightName} ${rights[at]}`;
}
