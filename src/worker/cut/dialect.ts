import { CopydockError } from '../../loads/errors.js';
import type { CsvOptions } from '../../loads/load.js';
import { resolveEncoding } from '../read/encoding-names.js';

/** How the source's CSV is written, complete: what COPY is told and what the scanner looks for. */
export interface CsvDialect {
  delimiter: string;
  quote: string;
  escape: string;
  nullString: string;
  hasHeader: boolean;
  /** Given in the request where there is no header. */
  columns: string[] | null;
  /** PostgreSQL's name of the encoding of the text, once it is read. */
  encoding: string;
}

/** Fills in what neither the request nor the look at the first object has said. */
export function completeDialect(csv: CsvOptions): CsvDialect {
  const quote = csv.quote ?? '"';
  const hasHeader = csv.header ?? csv.columns === undefined;
  if (!hasHeader && csv.columns === undefined) {
    throw new CopydockError('header_invalid', 'csv.header is false, so csv.columns must name the columns.', {
      field: 'csv.columns',
    });
  }
  return {
    delimiter: csv.delimiter ?? ',',
    quote,
    escape: csv.escape ?? quote,
    nullString: csv.null_string ?? '',
    hasHeader,
    columns: hasHeader ? null : (csv.columns ?? null),
    encoding: resolveEncoding(csv.encoding).copy,
  };
}
