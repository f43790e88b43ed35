import { CopydockError } from '../../loads/errors.js';

export type Utf16 = 'utf-16le' | 'utf-16be';

const BYTES_PER_UNIT = 2;

/** UTF-16 as UTF-8. Half a surrogate pair and half a unit are errors that name the place. */
export async function* decodeUtf16(
  chunks: AsyncIterable<Buffer>,
  encoding: Utf16,
  location: string,
): AsyncGenerator<Buffer> {
  let carried: Buffer = Buffer.alloc(0);
  let offset = 0;
  let line = 1;
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([carried, chunk]);
    const end = completeLength(bytes, encoding);
    carried = bytes.subarray(end);
    const text = toText(bytes.subarray(0, end), encoding);
    if (!text.isWellFormed()) throw invalidText(text, offset, line, location);
    line += countLines(text);
    offset += end;
    if (text.length > 0) yield Buffer.from(text);
  }
  if (carried.length > 0) throw notUtf16(offset, line, location);
}

/** Of Windows' programs it is little-endian, mostly; ASCII has its zero byte second then. */
export function guessUtf16(bytes: Buffer): Utf16 {
  return bytes[0] === 0 ? 'utf-16be' : 'utf-16le';
}

/** Without half a unit, and without a pair's first half, at the end. */
function completeLength(bytes: Buffer, encoding: Utf16): number {
  const even = bytes.length - (bytes.length % BYTES_PER_UNIT);
  if (even === 0) return 0;
  const highByte = bytes[encoding === 'utf-16le' ? even - 1 : even - 2] ?? 0;
  return (highByte & 0xfc) === 0xd8 ? even - BYTES_PER_UNIT : even;
}

function toText(bytes: Buffer, encoding: Utf16): string {
  return (encoding === 'utf-16le' ? bytes : Buffer.from(bytes).swap16()).toString('utf16le');
}

function invalidText(text: string, offset: number, line: number, location: string): CopydockError {
  const wellFormed = text.toWellFormed();
  let at = 0;
  while (text.charCodeAt(at) === wellFormed.charCodeAt(at)) at += 1;
  return notUtf16(offset + at * BYTES_PER_UNIT, line + countLines(text.slice(0, at)), location);
}

function notUtf16(byteOffset: number, line: number, location: string): CopydockError {
  return new CopydockError(
    'bad_record',
    `${location}, line ${line}: byte ${byteOffset} begins no UTF-16 text.`,
    {
      object: location,
      line,
      byte_offset: byteOffset,
      hint: 'Write the object anew, or correct csv.encoding.',
    },
  );
}

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
