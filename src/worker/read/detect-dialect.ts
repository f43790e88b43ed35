import type { CsvOptions } from '../../loads/load.js';
import { type CsvDialect, completeDialect } from '../cut/dialect.js';
import { columnName } from '../cut/head.js';
import { findLineEnd } from '../cut/line-end.js';
import { parseRecord } from '../cut/parse-record.js';
import { detectDelimiter } from './detect-delimiter.js';
import { decodeText } from './encoding-names.js';
import { splitRecords } from './split-records.js';

const LOOK_AT_RECORDS = 100;

export interface DialectFinding {
  dialect: CsvDialect;
  /** One line for the load's log, or null where the request left nothing open. */
  message: string | null;
}

/** Completes the CSV options by a look at the first bytes of the first object, without its byte order mark. */
export function detectDialect(
  csv: CsvOptions,
  sample: Buffer,
  isWhole: boolean,
  ending: string,
): DialectFinding {
  const quote = csv.quote ?? '"';
  const escapeWith = csv.escape ?? quote;
  const records = readRecords(sample, { quote, escape: escapeWith }, isWhole);
  const found: string[] = [];
  let { delimiter } = csv;
  if (delimiter === undefined) {
    const finding = detectDelimiter(records, { quote, escape: escapeWith }, ending);
    delimiter = finding.delimiter;
    found.push(`delimiter ${JSON.stringify(delimiter)} (${finding.reason})`);
  }
  const header = findHeader({ ...csv, delimiter, quote, escape: escapeWith }, records[0] ?? '');
  if (header !== null) found.push(header.reason);
  const dialect = completeDialect({ ...csv, delimiter, ...(header && { header: header.hasHeader }) });
  if (found.length === 0) return { dialect, message: null };
  return { dialect, message: `CSV as found: ${[...found, lineEndName(sample, dialect)].join(', ')}` };
}

type KnownOptions = CsvOptions & { delimiter: string; quote: string; escape: string };

/** Where the request names columns but does not say whether there is a header, too: only the very names are one. */
function findHeader(csv: KnownOptions, first: string): { hasHeader: boolean; reason: string } | null {
  if (csv.header !== undefined) return null;
  if (csv.columns === undefined)
    return { hasHeader: true, reason: 'the first record is the header (csv.columns is not given)' };
  const names = parseRecord(first, { ...csv, nullString: '' }).map((name) => columnName(name ?? ''));
  const wanted = new Set(csv.columns.map(columnName));
  const hasHeader = names.length === wanted.size && names.every((name) => wanted.has(name));
  const reason = hasHeader
    ? 'the first record is a header (it holds the names of csv.columns)'
    : 'no header (the first record does not hold the names of csv.columns)';
  return { hasHeader, reason };
}

function readRecords(sample: Buffer, quoting: { quote: string; escape: string }, isWhole: boolean): string[] {
  const records: string[] = [];
  for (const { record } of splitRecords(sample, quoting, { isWhole })) {
    records.push(textOf(record));
    if (records.length === LOOK_AT_RECORDS) break;
  }
  return records;
}

/** What is no UTF-8 is for others to refuse. */
function textOf(record: Buffer): string {
  try {
    return decodeText(record, 'UTF8');
  } catch {
    return record.toString('latin1');
  }
}

function lineEndName(sample: Buffer, dialect: CsvDialect): string {
  const end = findLineEnd(sample, 0, true, dialect);
  if (end === 'cr') return 'line ends CR';
  return end === 'lf' && sample.includes('\r\n') ? 'line ends CRLF' : 'line ends LF';
}
