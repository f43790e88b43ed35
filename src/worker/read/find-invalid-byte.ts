import { isUtf8 } from 'node:buffer';
import { UNDEFINED_IN_WIN1252 } from './encoding-names.js';

/** Of the bytes that COPY refuses as text, the first one's index; null where all are text of the encoding. */
export function findInvalidByte(bytes: Buffer, encoding: string): number | null {
  const zero = bytes.indexOf(0);
  const other = encoding === 'UTF8' ? findInvalidUtf8(bytes) : findUndefined(bytes, encoding);
  const found = [zero, other ?? -1].filter((at) => at >= 0);
  return found.length === 0 ? null : Math.min(...found);
}

/** Halves what is looked at; a cut never falls into a character. */
export function findInvalidUtf8(bytes: Buffer): number | null {
  if (isUtf8(bytes)) return null;
  let start = 0;
  let end = bytes.length;
  while (end - start > MAX_CHARACTER_BYTES) {
    const middle = characterStart(bytes, start + ((end - start) >> 1));
    if (middle <= start) break;
    if (isUtf8(bytes.subarray(start, middle))) start = middle;
    else end = middle;
  }
  for (let length = 1; length > 0; start += length) length = characterLength(bytes, start);
  return start;
}

const MAX_CHARACTER_BYTES = 4;

/** The beginning of the character that `at` is in; of what is no text, some byte close before. */
function characterStart(bytes: Buffer, at: number): number {
  let start = at;
  while (start > at - MAX_CHARACTER_BYTES + 1 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return start;
}

/** 0: there is none at `start`. */
function characterLength(bytes: Buffer, start: number): number {
  const most = Math.min(MAX_CHARACTER_BYTES, bytes.length - start);
  for (let length = 1; length <= most; length += 1) {
    if (isUtf8(bytes.subarray(start, start + length))) return length;
  }
  return 0;
}

function findUndefined(bytes: Buffer, encoding: string): number | null {
  if (encoding !== 'WIN1252') return null;
  const at = bytes.findIndex((byte) => UNDEFINED_IN_WIN1252.includes(byte));
  return at < 0 ? null : at;
}
