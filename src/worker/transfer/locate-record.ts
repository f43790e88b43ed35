import type { PartRow } from '../../postgres/control-database/plans.js';
import type { CsvDialect } from '../cut/dialect.js';
import { CR, LF, type LineEnd } from '../cut/line-byte.js';
import { findLineEnd, scannerOptions } from '../cut/line-end.js';
import { RecordScanner } from '../cut/record-scanner.js';

/** The line end of a part's object; a part of an older version does not tell, so that its first line end must. */
export function lineEndOf(part: PartRow, body: Buffer, dialect: CsvDialect): LineEnd {
  return part.lineEnd ?? findLineEnd(body, 0, true, dialect) ?? 'lf';
}

/** How many physical lines and records of a part stand before one of its records. */
export interface PartPlace {
  lines: number;
  records: number;
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
  lineEnd: LineEnd,
  copyLine: number,
): PartPlace {
  const scanner = new RecordScanner(scannerOptions(dialect, lineEnd));
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
