import { isUtf8 } from 'node:buffer';
import { CopydockError } from '../../loads/errors.js';
import { findInvalidUtf8 } from './find-invalid-byte.js';

export interface JsonLine {
  text: string;
  /** From 1; blank lines are not counted. */
  record: number;
  /** Where the line begins in the object's text. */
  byteOffset: number;
}

const LF = 0x0a;
/** As for CSV: a line beyond it is hardly one record. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The lines of UTF-8 text that are not blank. */
export async function* splitJsonLines(
  chunks: AsyncIterable<Buffer>,
  location: string,
): AsyncGenerator<JsonLine> {
  let record = 0;
  let offset = 0;
  for await (const lines of wholeLines(chunks, location)) {
    if (!isUtf8(lines)) throw notUtf8(lines, offset, record, location);
    for (let start = 0; start < lines.length; ) {
      const found = lines.indexOf(LF, start);
      const end = found < 0 ? lines.length : found;
      const text = lines.toString('utf8', offset + start === 0 ? markLength(lines) : start, end).trim();
      if (text !== '') {
        record += 1;
        yield { text, record, byteOffset: offset + start };
      }
      start = end + 1;
    }
    offset += lines.length;
  }
}

/** Pieces that end where a line ends. */
async function* wholeLines(chunks: AsyncIterable<Buffer>, location: string): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(LF) + 1;
    if (end > 0) {
      yield Buffer.concat([...held, chunk.subarray(0, end)]);
      held = [];
      heldBytes = 0;
    }
    if (end === chunk.length) continue;
    held.push(chunk.subarray(end));
    heldBytes += chunk.length - end;
    if (heldBytes > MAX_LINE_BYTES) {
      throw new CopydockError('record_too_large', `${location}: a line of JSON is larger than 64 MiB.`, {
        object: location,
        hint: 'Write the data as JSON Lines: one object per line.',
      });
    }
  }
  if (held.length > 0) yield Buffer.concat(held);
}

function markLength(bytes: Buffer): number {
  return bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
}

function notUtf8(lines: Buffer, offset: number, recordsBefore: number, location: string): CopydockError {
  const at = findInvalidUtf8(lines) ?? 0;
  const before = lines.toString('latin1', 0, at).split('\n');
  const record = recordsBefore + before.slice(0, -1).filter((line) => line.trim() !== '').length + 1;
  return new CopydockError(
    'bad_record',
    `${location}, record ${record}: byte ${offset + at} begins no UTF-8 text.`,
    {
      object: location,
      record,
      byte_offset: offset + at,
      hint: 'Write the data as UTF-8, as JSON is by definition.',
    },
  );
}
