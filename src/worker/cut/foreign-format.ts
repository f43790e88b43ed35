import { CopydockError } from '../../loads/errors.js';

const LF = 0x0a;
/** How far the first line is looked for. */
const MAX_LINE_BYTES = 1024 * 1024;

const FOREIGN_FORMATS: [magic: number[], name: string][] = [
  [[0x1f, 0x8b], 'gzip'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
  [[0x42, 0x5a, 0x68], 'bzip2'],
  [[0x50, 0x4b, 0x03, 0x04], 'zip'],
  [[0x50, 0x41, 0x52, 0x31], 'Parquet'],
];

/** Says of bytes that are no plain text of a supported encoding what they are. */
export function refuseForeignFormat(bytes: Buffer, location: string): void {
  const format = FOREIGN_FORMATS.find(([magic]) => magic.every((byte, at) => bytes[at] === byte));
  if (format !== undefined) {
    throw new CopydockError('unsupported_format', `${location} is ${format[1]}, not plain CSV.`, {
      object: location,
    });
  }
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16 || firstLine(bytes).includes(0)) {
    throw new CopydockError(
      'unsupported_encoding',
      `${location} ${isUtf16 ? 'is UTF-16 text' : 'has NUL bytes at its beginning'}.`,
      { object: location },
    );
  }
}

/** Of UTF-16 text, too: its line end has an LF byte. A NUL further on is PostgreSQL's to refuse, by its line. */
function firstLine(bytes: Buffer): Buffer {
  const end = bytes.indexOf(LF);
  return bytes.subarray(0, end < 0 ? MAX_LINE_BYTES : end);
}
