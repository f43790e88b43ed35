import { CR, LF, type LineEnd } from '../cut/line-byte.js';
import { findLineEnd, type Quoting, scannerOptions } from '../cut/line-end.js';
import { RecordScanner } from '../cut/record-scanner.js';
import { splitLeniently } from '../cut/split-leniently.js';

export interface RecordBytes {
  /** Without the line end. */
  record: Buffer;
  /** Line ends before it. */
  linesBefore: number;
}

/**
 * The complete records of a text in memory, one by one: slow, for samples and for finding places. What stands after the
 * last line end is a record if the text `isWhole`.
 */
export function* splitRecords(
  text: Buffer,
  dialect: Quoting,
  { isWhole, lineEnd }: { isWhole: boolean; lineEnd?: LineEnd },
): Generator<RecordBytes> {
  const kind = lineEnd ?? findLineEnd(text, 0, isWhole, dialect) ?? 'lf';
  const scanner = new RecordScanner(scannerOptions(dialect, kind));
  let start = 0;
  let linesBefore = 0;
  for (let at = 0; at < text.length; at += 1) {
    const { records } = scanner;
    scanner.scan(text, at, at + 1);
    if (at + 1 === text.length && isWhole) scanner.finish();
    if (scanner.records === records) continue;
    yield { record: withoutLineEnd(text.subarray(start, at + 1)), linesBefore };
    start = at + 1;
    linesBefore = scanner.linesAtRecordEnd;
  }
}

/** The records of a part that holds quotes that are not closed, as it was cut. */
export function* splitOpenRecords(
  text: Buffer,
  dialect: Quoting & { delimiter: string },
  lineEnd: LineEnd,
): Generator<RecordBytes> {
  const { ends, lines } = splitLeniently(text, scannerOptions(dialect, lineEnd), true);
  let start = 0;
  for (const [number, end] of ends.entries()) {
    yield { record: withoutLineEnd(text.subarray(start, end)), linesBefore: lines[number] ?? 0 };
    start = end;
  }
}

function withoutLineEnd(record: Buffer): Buffer {
  let end = record.length;
  if (record[end - 1] === LF) end -= 1;
  if (record[end - 1] === CR) end -= 1;
  return record.subarray(0, end);
}
