import { CopydockError } from '../../loads/errors.js';

const LF = 0x0a;
/** How far the first line is looked for. */
const MAX_LINE_BYTES = 1024 * 1024;

const FOREIGN_FORMATS: [magic: number[], name: string][] = [
  [[0x1f, 0x8b], 'gzip within its compression'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd within its compression'],
  [[0x50, 0x4b, 0x03, 0x04], 'zip'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], 'xz'],
  [[0x04, 0x22, 0x4d, 0x18], 'lz4'],
  [[0x4f, 0x62, 0x6a, 0x01], 'Avro'],
  [[0x50, 0x41, 0x52, 0x31], 'Parquet'],
];

/** Where a tar archive says what it is. */
const TAR_MAGIC_AT = 257;

/** Says of bytes that are no plain text of a supported encoding what they are. */
export function refuseForeignFormat(bytes: Buffer, location: string): void {
  const format = FOREIGN_FORMATS.find(([magic]) => magic.every((byte, at) => bytes[at] === byte))?.[1];
  const isTar = bytes.toString('latin1', TAR_MAGIC_AT, TAR_MAGIC_AT + 5) === 'ustar';
  if (format !== undefined || isTar) {
    throw new CopydockError('unsupported_format', `${location} is ${format ?? 'a tar archive'}, not CSV.`, {
      object: location,
    });
  }
  if (!firstLine(bytes).includes(0)) return;
  throw new CopydockError('unsupported_encoding', `${location} has NUL bytes at its beginning.`, {
    object: location,
    byte_offset: bytes.indexOf(0),
    hint: `If it is UTF-16 without a byte order mark, set csv.encoding to ${bytes[0] === 0 ? 'UTF16BE' : 'UTF16LE'}.`,
  });
}

/** Of UTF-16 text, too: its line end has an LF byte. A NUL further on is PostgreSQL's to refuse, by its line. */
function firstLine(bytes: Buffer): Buffer {
  const end = bytes.indexOf(LF);
  return bytes.subarray(0, end < 0 ? MAX_LINE_BYTES : end);
}
