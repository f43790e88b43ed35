import { isUtf8 } from 'node:buffer';
import type { CsvDialect } from '../cut/dialect.js';
import { CR, LF, LINE_BYTE, type LineEnd } from '../cut/line-byte.js';
import { scannerOptions } from '../cut/line-end.js';
import { splitLeniently } from '../cut/split-leniently.js';
import { UNDEFINED_IN_WIN1252 } from '../read/encoding-names.js';

const BAD_COPY_FORMAT = '22P04';
const BAD_TEXT = '22021';

/** Why a record can't be read at all, whatever its columns' types. */
export interface Malformation {
  sqlstate: string;
  reason: string;
}

/** Where each record of a part ends and on which line it begins, and those that no COPY would take. */
export interface RecordIndex {
  lineEnd: LineEnd;
  /** Offset after each record, its line end included. */
  ends: number[];
  /** Line ends of the part before each record. */
  lines: number[];
  malformed: Map<number, Malformation>;
}

/** Splits a part into its records as it was cut, and counts their fields. */
export function indexRecords(
  body: Buffer,
  dialect: CsvDialect,
  lineEnd: LineEnd,
  columns: readonly string[],
  hasOpenQuotes: boolean,
): RecordIndex {
  const index = hasOpenQuotes
    ? indexLeniently(body, dialect, lineEnd, columns)
    : indexBalanced(body, dialect, lineEnd, columns);
  noteBadText(body, dialect.encoding, index);
  if (lineEnd === 'lf') noteLineEnds(body, index);
  return index;
}

function indexLeniently(
  body: Buffer,
  dialect: CsvDialect,
  lineEnd: LineEnd,
  columns: readonly string[],
): RecordIndex {
  const { ends, lines, open } = splitLeniently(body, scannerOptions(dialect, lineEnd), true);
  const index: RecordIndex = { lineEnd, ends, lines: lines.slice(0, -1), malformed: new Map() };
  for (let number = 0; number < ends.length; number += 1) {
    const record = recordAt(body, index, number);
    const openLine = open.get(number);
    const malformation =
      openLine === undefined
        ? indexBalanced(record, dialect, lineEnd, columns).malformed.get(0)
        : openQuote(openLine - (lines[number] ?? 0));
    if (malformation !== undefined) index.malformed.set(number, malformation);
  }
  return index;
}

/** `line`: of the record's own, from 0. */
function openQuote(line: number): Malformation {
  const where = line === 0 ? '' : ` on line ${line + 1} of the record`;
  return { sqlstate: BAD_COPY_FORMAT, reason: `unbalanced_quote: a quote that opens${where} is not closed` };
}

/** By the rules of RecordScanner. */
function indexBalanced(
  body: Buffer,
  dialect: CsvDialect,
  lineEnd: LineEnd,
  columns: readonly string[],
): RecordIndex {
  const index: RecordIndex = { lineEnd, ends: [], lines: [], malformed: new Map() };
  const delimiter = dialect.delimiter.charCodeAt(0);
  const quote = dialect.quote.charCodeAt(0);
  const escapeByte = dialect.escape.charCodeAt(0);
  const isEscapeApart = escapeByte !== quote;
  const lineByte = LINE_BYTE[lineEnd];
  let inQuotes = false;
  let isEscaped = false;
  let fields = 1;
  let line = 0;
  let firstLine = 0;
  const endRecord = (end: number) => {
    if (fields !== columns.length && !index.malformed.has(index.ends.length))
      index.malformed.set(index.ends.length, wrongCount(fields, columns.length));
    index.ends.push(end);
    index.lines.push(firstLine);
    fields = 1;
    firstLine = line;
  };
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (isEscapeApart && inQuotes && byte === escapeByte) {
      isEscaped = !isEscaped;
      continue;
    }
    if (byte === quote) {
      if (!isEscaped) inQuotes = !inQuotes;
    } else if (byte === lineByte) {
      line += 1;
      if (!inQuotes) endRecord(at + 1);
    } else if (!inQuotes) {
      if (byte === delimiter) fields += 1;
      if (isForeignLineEnd(body, at, lineEnd))
        index.malformed.set(index.ends.length, FOREIGN_LINE_END[lineEnd]);
    }
    isEscaped = false;
  }
  if ((index.ends.at(-1) ?? 0) < body.length) endRecord(body.length);
  return index;
}

/** In PostgreSQL's words. */
const FOREIGN_LINE_END = {
  lf: { sqlstate: BAD_COPY_FORMAT, reason: 'unquoted carriage return found in data' },
  cr: { sqlstate: BAD_COPY_FORMAT, reason: 'unquoted newline found in data' },
};

/** COPY would take it for the kind of line end of all records, or refuse it. */
function isForeignLineEnd(body: Buffer, at: number, lineEnd: LineEnd): boolean {
  return lineEnd === 'lf' ? body[at] === CR && body[at + 1] !== LF : body[at] === LF;
}

export function recordAt(body: Buffer, { ends }: Pick<RecordIndex, 'ends'>, number: number): Buffer {
  return body.subarray(number === 0 ? 0 : ends[number - 1], ends[number]);
}

function wrongCount(fields: number, columns: number): Malformation {
  const has = fields === 1 ? 'The record has 1 field' : `The record has ${fields} fields`;
  return { sqlstate: BAD_COPY_FORMAT, reason: `${has}; the columns are ${columns}` };
}

/** COPY takes one kind of line end in one run, that of the first record. */
function noteLineEnds(body: Buffer, index: RecordIndex): void {
  let isCrLf: boolean | null = null;
  for (const [number, end] of index.ends.entries()) {
    if (body[end - 1] !== LF || index.malformed.has(number)) continue;
    const endsInCrLf = body[end - 2] === CR;
    isCrLf ??= endsInCrLf;
    if (endsInCrLf === isCrLf) continue;
    const reason = isCrLf
      ? 'The record ends in LF, those before it in CRLF'
      : 'The record ends in CRLF, those before it in LF';
    index.malformed.set(number, { sqlstate: BAD_COPY_FORMAT, reason });
  }
}

/** NUL bytes, and bytes that are no text of the encoding. */
function noteBadText(body: Buffer, encoding: string, index: RecordIndex): void {
  if (body.includes(0)) {
    noteEach(body, index, (record) => record.includes(0), 'The record holds a NUL byte');
  }
  if (encoding === 'UTF8' && !isUtf8(body)) {
    noteEach(body, index, (record) => !isUtf8(record), 'The record holds bytes that are not UTF-8');
  }
  if (encoding === 'WIN1252' && body.some((byte) => UNDEFINED_IN_WIN1252.includes(byte))) {
    const isUndefined = (byte: number) => UNDEFINED_IN_WIN1252.includes(byte);
    noteEach(
      body,
      index,
      (record) => record.some(isUndefined),
      'The record holds bytes that WIN1252 does not have',
    );
  }
}

function noteEach(
  body: Buffer,
  index: RecordIndex,
  isBad: (record: Buffer) => boolean,
  reason: string,
): void {
  for (let number = 0; number < index.ends.length; number += 1) {
    if (index.malformed.has(number) || !isBad(recordAt(body, index, number))) continue;
    index.malformed.set(number, { sqlstate: BAD_TEXT, reason });
  }
}
