import type { CsvDialect } from '../cut/dialect.js';
import { findLineEnd, type LineEnd, scannerOptions } from '../cut/line-end.js';
import { RecordScanner } from '../cut/record-scanner.js';

const LF = 0x0a;
const CR = 0x0d;

/** For a part whose line end is not recorded. */
export function guessLineEnd(body: Buffer, dialect: CsvDialect): LineEnd {
  return findLineEnd(body, 0, true, dialect) ?? 'lf';
}

/**
 * How many physical lines and records of a part stand before the record that COPY calls `copyLine` (from 1).
 *
 * COPY's lines are not physical ones (CopyReadLineText in copyfromparse.c): each record counts one, and within quotes
 * only the line end that ended the first record counts, of CRLF the CR; in the first record itself only CR counts.
 */
export function countBefore(
  body: Buffer,
  dialect: CsvDialect,
  lineEnd: LineEnd | null,
  copyLine: number,
): { lines: number; records: number } {
  const scanner = new RecordScanner(scannerOptions(dialect, lineEnd ?? guessLineEnd(body, dialect)));
  let counted = 1;
  let countedWithinQuotes = CR;
  const before = { lines: 0, records: 0 };
  for (let at = 0; at < body.length; at += 1) {
    const { records } = scanner;
    scanner.scan(body, at, at + 1);
    if (scanner.isInQuotes && body[at] === countedWithinQuotes) counted += 1;
    if (scanner.records === records) continue;
    if (counted >= copyLine) break;
    before.lines = scanner.linesAtRecordEnd;
    before.records = scanner.records;
    counted += 1;
    if (records === 0) countedWithinQuotes = body[at] === LF && body[at - 1] !== CR ? LF : CR;
  }
  return before;
}
