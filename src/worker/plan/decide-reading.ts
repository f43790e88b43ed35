import { loadableColumns, type TargetTable } from '../../postgres/target-database/catalog.js';
import type { CsvDialect } from '../cut/dialect.js';
import { CONVERTED_DIALECT } from '../read/csv-writer.js';
import { isConverted, type Reading } from '../read/reading.js';
import type { Source } from './find-source.js';
import type { ColumnMatch } from './match-columns.js';

/** How the objects are read from now on, and what of their records is cut and copied. */
export function decideReading(
  { first }: Source,
  header: readonly string[],
  { forceNull }: ColumnMatch,
  target: TargetTable,
): { reading?: Reading; dialect: CsvDialect } {
  if (first === null) return { dialect: CONVERTED_DIALECT };
  const { reading } = first;
  if (isConverted(reading)) {
    const late = loadableColumns(target).filter(({ name }) => !header.includes(name));
    return {
      reading: { ...reading, columns: [...header], lateColumns: late.map(({ name }) => name) },
      dialect: CONVERTED_DIALECT,
    };
  }
  const { dialect } = reading;
  if (dialect.nullString === '' || forceNull.length === 0) return { reading, dialect };
  return { reading: { ...reading, respelledNulls: forceNull }, dialect: { ...dialect, nullString: '' } };
}
