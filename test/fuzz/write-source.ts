import { COMPRESSIONS } from '../worker/formats/compress.js';
import type { FuzzCase, FuzzEncoding, FuzzObject } from './fuzz-case.js';

const WIN1252_ONLY: Record<string, number> = { '€': 0x80, œ: 0x9c };

/** An object's bytes as they lie in S3. */
export function sourceBytes({ text }: FuzzObject, { encoding, compression }: FuzzCase): Buffer {
  const mark = encoding === 'UTF8 with mark' || encoding.startsWith('UTF16') ? '\ufeff' : '';
  return COMPRESSIONS[compression]?.compress(encode(mark + text, encoding)) ?? Buffer.alloc(0);
}

/** The same for COPY, which knows neither compression nor UTF-16, and takes a byte order mark for text. */
export function copyBytes({ text }: FuzzObject, { encoding }: FuzzCase): { bytes: Buffer; encoding: string } {
  const isOneByte = encoding === 'LATIN1' || encoding === 'WIN1252';
  return isOneByte
    ? { bytes: encode(text, encoding), encoding }
    : { bytes: Buffer.from(text), encoding: 'UTF8' };
}

function encode(text: string, encoding: FuzzEncoding): Buffer {
  if (encoding === 'UTF16LE') return Buffer.from(text, 'utf16le');
  if (encoding === 'UTF16BE') return Buffer.from(text, 'utf16le').swap16();
  if (encoding === 'LATIN1') return Buffer.from(text, 'latin1');
  if (encoding !== 'WIN1252') return Buffer.from(text);
  return Buffer.from(Array.from(text, (character) => WIN1252_ONLY[character] ?? character.charCodeAt(0)));
}
