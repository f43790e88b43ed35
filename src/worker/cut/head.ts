import { CopydockError } from '../../loads/errors.js';
import { decodeText } from '../read/encoding-names.js';
import type { CsvDialect } from './dialect.js';
import { refuseForeignFormat } from './foreign-format.js';
import type { LineEnd } from './line-byte.js';
import { findLineEnd, scannerOptions } from './line-end.js';
import { parseRecord } from './parse-record.js';
import { RecordScanner } from './record-scanner.js';

/** What stands at the beginning of an object. */
export interface Head {
  /** Staging column names, in file order: the header's names with `_` for `-`; `xmin` and its like get a `_` more. */
  columns: string[];
  /** Where the first data record begins: after a byte order mark and the header. */
  dataStart: number;
  /** Physical line, from 1, of the first data record. */
  firstLine: number;
  lineEnd: LineEnd;
}

const MAX_HEADER_BYTES = 1024 * 1024;
const MAX_NAME_BYTES = 63;
/** No table can have a column of these names, and files do: bounding boxes have xmin and xmax. */
const SYSTEM_COLUMNS = new Set(['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid']);

/** A stream whose head was read. `close` lets go of it where the rest is not wanted. */
export interface PeeledStream {
  head: Head;
  /** What follows the head. */
  rest: AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/**
 * Reads the head off a stream of an object's bytes. Answers null for an object without a byte (a byte order mark does
 * not count). After an error the stream is closed.
 */
export async function peelHead(
  chunks: AsyncIterable<Buffer>,
  dialect: CsvDialect,
  location: string,
): Promise<PeeledStream | null> {
  const iterator = chunks[Symbol.asyncIterator]();
  const close = async () => {
    await iterator.return?.();
  };
  try {
    return await peel(iterator, dialect, location, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function peel(
  iterator: AsyncIterator<Buffer>,
  dialect: CsvDialect,
  location: string,
  close: () => Promise<void>,
): Promise<PeeledStream | null> {
  let bytes: Buffer = Buffer.alloc(0);
  for (;;) {
    const { value, done } = await iterator.next();
    if (value !== undefined) bytes = bytes.length === 0 ? value : Buffer.concat([bytes, value]);
    if (bytes.length < 4 && !done) continue;
    refuseForeignFormat(bytes, location);
    const head = readHead(bytes, done === true, dialect, location);
    if (head === 'empty') return null;
    if (head !== 'incomplete') return { head, rest: concat(bytes.subarray(head.dataStart), iterator), close };
    if (bytes.length > MAX_HEADER_BYTES) {
      throw new CopydockError('header_invalid', `${location}: no end of the first line within 1 MiB.`, {
        object: location,
        line: 1,
        hint: 'Look for a quote that is not closed in the header, or set csv.quote.',
      });
    }
  }
}

function readHead(
  bytes: Buffer,
  isEnd: boolean,
  dialect: CsvDialect,
  location: string,
): Head | 'empty' | 'incomplete' {
  const start = byteOrderMarkLength(bytes);
  if (bytes.length === start) return isEnd ? 'empty' : 'incomplete';
  const lineEnd = findLineEnd(bytes, start, isEnd, dialect);
  if (lineEnd === null && !isEnd) return 'incomplete';
  const kind = lineEnd ?? 'lf';
  if (dialect.columns !== null) {
    return { columns: dialect.columns.map(columnName), dataStart: start, firstLine: 1, lineEnd: kind };
  }
  const scanner = new RecordScanner(scannerOptions(dialect, kind));
  const end = scanFirstRecord(scanner, bytes, start);
  if (end === null && !isEnd) return 'incomplete';
  if (scanner.isInQuotes) {
    throw new CopydockError(
      'unbalanced_quote',
      `${location}: a quote that opens in the header is never closed.`,
      {
        object: location,
        line: 1,
      },
    );
  }
  const dataStart = end ?? bytes.length;
  const header = decodeHeader(bytes.subarray(start, dataStart), dialect, location);
  return {
    columns: tableColumns(parseRecord(header, dialect), location),
    dataStart,
    firstLine: scanner.lines + 1,
    lineEnd: kind,
  };
}

/** Byte by byte up to the first record end only: the scanner's line count is then the header's. */
function scanFirstRecord(scanner: RecordScanner, bytes: Buffer, start: number): number | null {
  for (let at = start; at < bytes.length; at += 1) {
    scanner.scan(bytes, at, at + 1);
    if (scanner.records > 0) return at + 1;
  }
  return null;
}

function decodeHeader(record: Buffer, dialect: CsvDialect, location: string): string {
  try {
    return decodeText(record, dialect.encoding).replace(/\r?\n$|\r$/, '');
  } catch (cause) {
    throw new CopydockError(
      'unsupported_encoding',
      `${location}: the header is not ${dialect.encoding} text.`,
      {
        object: location,
        line: 1,
        hint: 'Name the encoding in csv.encoding: UTF8, UTF16, LATIN1 or WIN1252.',
        cause,
      },
    );
  }
}

/** The names of a header as columns; throws where one is missing or stands twice. */
export function tableColumns(names: readonly (string | null)[], location: string): string[] {
  const columns = names.map((name) => columnName(name ?? ''));
  const place = { object: location, line: 1 };
  const unnamed = columns.indexOf('');
  if (unnamed >= 0) {
    throw new CopydockError(
      'header_invalid',
      `${location}: column ${unnamed + 1} of the header has no name.`,
      place,
    );
  }
  const twice = columns.find((name, index) => columns.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new CopydockError(
      'duplicate_column',
      `${location}: the header names column ${JSON.stringify(twice)} twice.`,
      {
        ...place,
        column: twice,
      },
    );
  }
  return columns;
}

/** As the target may have it: PostgreSQL cuts names at 63 bytes, and some it keeps for itself. */
export function columnName(name: string): string {
  const column = cutToBytes(name.trim().replaceAll('-', '_'), MAX_NAME_BYTES);
  return SYSTEM_COLUMNS.has(column) ? `${column}_` : column;
}

function cutToBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  return new TextDecoder().decode(Buffer.from(text).subarray(0, maxBytes), { stream: true });
}

function byteOrderMarkLength(bytes: Buffer): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

async function* concat(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (first.length > 0) yield first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
