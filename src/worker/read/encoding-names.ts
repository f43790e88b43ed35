import { CopydockError } from '../../loads/errors.js';
import type { TextEncoding } from './text.js';

/** By the names that people write, without case and signs. What COPY is told is a superset of ASCII, as the scanner needs. */
const ENCODINGS: Record<string, TextEncoding> = {
  utf8: { copy: 'UTF8', utf16: null },
  utf16: { copy: 'UTF8', utf16: 'utf-16' },
  utf16le: { copy: 'UTF8', utf16: 'utf-16le' },
  utf16be: { copy: 'UTF8', utf16: 'utf-16be' },
  latin1: { copy: 'LATIN1', utf16: null },
  iso88591: { copy: 'LATIN1', utf16: null },
  windows1252: { copy: 'WIN1252', utf16: null },
  win1252: { copy: 'WIN1252', utf16: null },
  cp1252: { copy: 'WIN1252', utf16: null },
};

/** What PostgreSQL's WIN1252 refuses, and browsers' windows-1252 takes for control characters. */
export const UNDEFINED_IN_WIN1252: readonly number[] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

export function resolveEncoding(name = 'UTF8'): TextEncoding {
  const encoding = ENCODINGS[name.toLowerCase().replace(/[^a-z0-9]/g, '')];
  if (encoding !== undefined) return encoding;
  throw new CopydockError('unsupported_encoding', `csv.encoding ${JSON.stringify(name)} is not supported.`, {
    field: 'csv.encoding',
    hint: 'Use UTF8, UTF16, UTF16LE, UTF16BE, LATIN1 or WIN1252.',
  });
}

/** Text of one of PostgreSQL's encodings; throws where the bytes are none. */
export function decodeText(bytes: Uint8Array, encoding: string): string {
  if (encoding === 'LATIN1') return Buffer.from(bytes).toString('latin1');
  const label = encoding === 'WIN1252' ? 'windows-1252' : 'utf-8';
  return new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(bytes);
}
