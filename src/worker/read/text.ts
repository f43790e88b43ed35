import { CopydockError } from '../../loads/errors.js';
import { ByteReader } from './byte-reader.js';
import { decodeUtf16, guessUtf16, type Utf16 } from './utf16.js';

/** How text is encoded. `copy`: PostgreSQL's name of what comes out; `utf16`: what the request says of UTF-16. */
export interface TextEncoding {
  copy: string;
  utf16: Utf16 | 'utf-16' | null;
}

const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const LITTLE_ENDIAN_MARK = Buffer.from([0xff, 0xfe]);
const BIG_ENDIAN_MARK = Buffer.from([0xfe, 0xff]);

export interface OpenedText {
  chunks: AsyncIterable<Buffer>;
  /** The chunks are the object's own bytes, so that offsets in them are offsets in it. */
  isVerbatim: boolean;
}

/**
 * Text in the encoding that COPY is told. UTF-16 becomes UTF-8, by the object's own byte order mark where the request
 * is silent. A mark that contradicts `csv.encoding` is an error: one of the two would turn letters into others.
 */
export async function openText(
  bytes: AsyncIterable<Buffer>,
  encoding: TextEncoding,
  location: string,
): Promise<OpenedText> {
  const reader = new ByteReader(bytes);
  const start = await reader.takeUpTo(UTF8_MARK.length);
  reader.giveBack(start);
  const mark = findMark(start);
  refuseContradiction(mark, encoding, location);
  const utf16 = mark === 'UTF8' ? null : (mark ?? asked(encoding, start));
  if (utf16 === null) return { chunks: reader.rest(), isVerbatim: true };
  return { chunks: decodeUtf16(reader.rest(), utf16, location), isVerbatim: false };
}

function findMark(start: Buffer): Utf16 | 'UTF8' | null {
  if (start.equals(UTF8_MARK)) return 'UTF8';
  const two = start.subarray(0, 2);
  if (two.equals(LITTLE_ENDIAN_MARK)) return 'utf-16le';
  return two.equals(BIG_ENDIAN_MARK) ? 'utf-16be' : null;
}

function asked({ utf16 }: TextEncoding, start: Buffer): Utf16 | null {
  return utf16 === 'utf-16' ? guessUtf16(start) : utf16;
}

function refuseContradiction(
  mark: Utf16 | 'UTF8' | null,
  { copy, utf16 }: TextEncoding,
  location: string,
): void {
  if (mark === null) return;
  const isUtf8 = copy === 'UTF8' && utf16 === null;
  const fits = mark === 'UTF8' ? isUtf8 : isUtf8 || utf16 === 'utf-16' || utf16 === mark;
  if (fits) return;
  const name = mark === 'UTF8' ? 'UTF-8' : mark.toUpperCase();
  const told = utf16 === null ? copy : utf16.toUpperCase();
  throw new CopydockError(
    'unsupported_encoding',
    `${location} begins with the byte order mark of ${name}, but csv.encoding says ${told}.`,
    { object: location, field: 'csv.encoding', hint: 'Leave csv.encoding out, or correct it.' },
  );
}
