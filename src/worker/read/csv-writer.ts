import type { CsvDialect } from '../cut/dialect.js';

/** How records of other formats are written for the cutter and for COPY. */
export const CONVERTED_DIALECT: CsvDialect = {
  delimiter: ',',
  quote: '"',
  escape: '"',
  nullString: '',
  hasHeader: false,
  columns: null,
  encoding: 'UTF8',
};
