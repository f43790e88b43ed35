import type { CsvDialect } from './dialect.js';
import { CR, LF, type LineEnd } from './line-byte.js';
import type { ScannerOptions } from './record-scanner.js';

/** What tells quoted text from other text. */
export type Quoting = Pick<CsvDialect, 'quote' | 'escape'>;

export function scannerOptions(
  { quote, escape: escapeWith, delimiter = '' }: Quoting & Partial<Pick<CsvDialect, 'delimiter'>>,
  lineEnd: LineEnd,
): ScannerOptions {
  return {
    quote: quote.charCodeAt(0),
    escape: escapeWith.charCodeAt(0),
    delimiter: delimiter.charCodeAt(0),
    lineEnd,
  };
}

/** The first line end outside quotes decides for the whole object: CR alone only where no LF follows it; null: none. */
export function findLineEnd(bytes: Buffer, start: number, isEnd: boolean, dialect: Quoting): LineEnd | null {
  const quote = dialect.quote.charCodeAt(0);
  const escapeByte = dialect.escape.charCodeAt(0);
  let inQuotes = false;
  let isEscaped = false;
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (inQuotes && byte === escapeByte && escapeByte !== quote) {
      isEscaped = !isEscaped;
      continue;
    }
    if (byte === quote && !isEscaped) inQuotes = !inQuotes;
    isEscaped = false;
    if (inQuotes) continue;
    if (byte === LF) return 'lf';
    if (byte === CR) {
      if (at + 1 === bytes.length && !isEnd) return null;
      return bytes[at + 1] === LF ? 'lf' : 'cr';
    }
  }
  return null;
}
