import type { CsvDialect } from './dialect.js';

/**
 * Splits one record (without its line end) into its values as PostgreSQL's CopyReadAttributesCSV does. Only for
 * headers and for the sample that a CREATE TABLE is proposed from: rows are parsed by PostgreSQL. `null` is the null
 * string, unquoted.
 */
export function parseRecord(
  record: string,
  {
    delimiter,
    quote,
    escape: escapeWith,
    nullString,
  }: Pick<CsvDialect, 'delimiter' | 'quote' | 'escape' | 'nullString'>,
): (string | null)[] {
  const values: (string | null)[] = [];
  let value = '';
  let inQuotes = false;
  let sawQuote = false;
  const endValue = () => {
    values.push(!sawQuote && value === nullString ? null : value);
    value = '';
    sawQuote = false;
  };
  for (let at = 0; at < record.length; at += 1) {
    const character = record.charAt(at);
    if (inQuotes) {
      const next = record.charAt(at + 1);
      if (character === escapeWith && (next === escapeWith || next === quote)) {
        value += next;
        at += 1;
      } else if (character === quote) inQuotes = false;
      else value += character;
    } else if (character === quote) {
      inQuotes = true;
      sawQuote = true;
    } else if (character === delimiter) endValue();
    else value += character;
  }
  endValue();
  return values;
}
