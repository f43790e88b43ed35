import { LINE_BYTE } from './line-byte.js';
import { RecordScanner, type ScannerOptions } from './record-scanner.js';

/** One record may outgrow the part size up to this; beyond it a quote that is never closed is far likelier. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/** The records of a text in which quotes may be open that should not be. */
export interface LenientSplit {
  /** Offset after each record, its line end included. */
  ends: number[];
  /** Line ends before each record, and after the last one. */
  lines: number[];
  /** Records whose quote is not closed, by their number from 0; the line of the quote, from 0. */
  open: Map<number, number>;
  /** Line of the first quote that opens in the middle of a field of a record that is well, from 0; null: none. */
  strayQuoteLine: number | null;
}

interface FoundRecord {
  end: number;
  lineCount: number;
  /** Line of the quote that is not closed, counted from the record's first line; null: the record is well. */
  openLine: number | null;
  /** Of a record that is well: line, counted likewise, of a quote in the middle of a field. */
  strayLine: number | null;
}

/**
 * Splits by the rules of RecordScanner, but a record whose quote merges lines, is never closed (`isEnd`: nothing follows) or
 * not within 64 MiB ends with the line that the quote stands on, and the next line begins a record. Where a record ends
 * follows from the bytes after its beginning alone, whatever parts they stand in. The last record is left out where only bytes
 * to come tell its end.
 */
export function splitLeniently(bytes: Buffer, options: ScannerOptions, isEnd: boolean): LenientSplit {
  const split: LenientSplit = { ends: [], lines: [0], open: new Map(), strayQuoteLine: null };
  let start = 0;
  let line = 0;
  while (start < bytes.length) {
    const found = findRecord(bytes, start, options, isEnd);
    if (found === null) break;
    if (found.openLine !== null) split.open.set(split.ends.length, line + found.openLine);
    if (found.strayLine !== null) split.strayQuoteLine ??= line + found.strayLine;
    start = found.end;
    line += found.lineCount;
    split.ends.push(start);
    split.lines.push(line);
  }
  return split;
}

/** The record that begins at `start`; null where its end is not known yet. */
function findRecord(
  bytes: Buffer,
  start: number,
  options: ScannerOptions,
  isEnd: boolean,
): FoundRecord | null {
  const scanner = new RecordScanner(options);
  let openedAt = start;
  let closedAt = -1;
  for (let at = start; at < bytes.length; at += 1) {
    const wasInQuotes = scanner.isInQuotes;
    scanner.scan(bytes, at, at + 1);
    if (scanner.mergingQuoteLine !== null)
      return endAfterLine(bytes, start, options, scanner.mergingQuoteLine);
    if (scanner.records > 0) return wellRecord(scanner, at + 1);
    if (wasInQuotes && !scanner.isInQuotes) closedAt = at;
    const isDoubled = options.quote === options.escape && closedAt === at - 1;
    if (!wasInQuotes && scanner.isInQuotes && !isDoubled) openedAt = at;
  }
  const isLost = scanner.isInQuotes && (isEnd || bytes.length - start >= MAX_RECORD_BYTES);
  if (isLost) {
    const found = endAfterLine(bytes, start, options, countLines(bytes, start, openedAt, options));
    const isWholeLine = isEnd || bytes[found.end - 1] === LINE_BYTE[options.lineEnd];
    return isWholeLine ? found : null;
  }
  return isEnd ? wellRecord(scanner, bytes.length) : null;
}

function wellRecord({ lines, strayQuoteLine }: RecordScanner, end: number): FoundRecord {
  return { end, lineCount: lines, openLine: null, strayLine: strayQuoteLine };
}

function countLines(bytes: Buffer, from: number, to: number, { lineEnd }: ScannerOptions): number {
  let lines = 0;
  for (let at = from; at < to; at += 1) if (bytes[at] === LINE_BYTE[lineEnd]) lines += 1;
  return lines;
}

function endAfterLine(bytes: Buffer, start: number, options: ScannerOptions, openLine: number): FoundRecord {
  let end = start;
  let lineCount = 0;
  while (lineCount <= openLine && end < bytes.length) {
    if (bytes[end] === LINE_BYTE[options.lineEnd]) lineCount += 1;
    end += 1;
  }
  return { end, lineCount, openLine, strayLine: null };
}
