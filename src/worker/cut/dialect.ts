import { CopydockError } from '../../loads/errors.js';
import type { CsvOptions } from '../../loads/load.js';

/** How the source's CSV is written, complete: what COPY is told and what the scanner looks for. */
export interface CsvDialect {
  delimiter: string;
  quote: string;
  escape: string;
  nullString: string;
  hasHeader: boolean;
  /** Given in the request where there is no header. */
  columns: string[] | null;
  /** PostgreSQL's name of the text encoding. */
  encoding: string;
}

const DELIMITER_BY_ENDING: Record<string, string> = { tsv: '\t', tab: '\t', psv: '|' };

/** PostgreSQL's names, by the names that people write. All are supersets of ASCII, which the scanner relies on. */
const ENCODINGS: Record<string, string> = {
  utf8: 'UTF8',
  latin1: 'LATIN1',
  iso88591: 'LATIN1',
  windows1252: 'WIN1252',
  win1252: 'WIN1252',
  cp1252: 'WIN1252',
};

const DECODER_LABELS: Record<string, string> = { UTF8: 'utf-8', LATIN1: 'latin1', WIN1252: 'windows-1252' };

/** Fills in what the request left open; the delimiter's default comes from the first object's name. */
export function completeDialect(csv: CsvOptions, firstKey: string): CsvDialect {
  const ending = firstKey.slice(firstKey.lastIndexOf('.') + 1).toLowerCase();
  const quote = csv.quote ?? '"';
  const hasHeader = csv.header ?? csv.columns === undefined;
  if (!hasHeader && csv.columns === undefined) {
    throw new CopydockError('header_invalid', 'csv.header is false, so csv.columns must name the columns.', {
      field: 'csv.columns',
    });
  }
  return {
    delimiter: csv.delimiter ?? DELIMITER_BY_ENDING[ending] ?? ',',
    quote,
    escape: csv.escape ?? quote,
    nullString: csv.null_string ?? '',
    hasHeader,
    columns: hasHeader ? null : (csv.columns ?? null),
    encoding: resolveEncoding(csv.encoding ?? 'UTF8'),
  };
}

export function decodeText(bytes: Uint8Array, encoding: string): string {
  return new TextDecoder(DECODER_LABELS[encoding], { fatal: true, ignoreBOM: true }).decode(bytes);
}

function resolveEncoding(name: string): string {
  const encoding = ENCODINGS[name.toLowerCase().replace(/[^a-z0-9]/g, '')];
  if (encoding !== undefined) return encoding;
  throw new CopydockError('unsupported_encoding', `csv.encoding ${JSON.stringify(name)} is not supported.`, {
    field: 'csv.encoding',
    hint: 'Use UTF8, LATIN1 or WIN1252.',
  });
}
