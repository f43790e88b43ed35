import { parseRecord } from '../cut/parse-record.js';

export const DELIMITER_BY_ENDING: Readonly<Record<string, string>> = { tsv: '\t', tab: '\t', psv: '|' };

/** In the order in which they are preferred where the text fits several alike. */
const CANDIDATES = [',', ';', '\t', '|'];

export interface DelimiterFinding {
  delimiter: string;
  /** Why, as the end of a sentence. */
  reason: string;
}

/**
 * The delimiter that the first records are written with: of those by which every record has as many fields as the first
 * one, and more than one, the one that gives the most; else that of the object's name; else a comma.
 */
export function detectDelimiter(
  records: readonly string[],
  { quote, escape: escapeWith }: { quote: string; escape: string },
  ending: string,
): DelimiterFinding {
  const named = DELIMITER_BY_ENDING[ending];
  const candidates = [...new Set([named ?? ',', ...CANDIDATES])].filter((delimiter) => delimiter !== quote);
  const [first = '', ...others] = records.filter((record) => record !== '');
  const count = (record: string, delimiter: string) =>
    parseRecord(record, { delimiter, quote, escape: escapeWith, nullString: '' }).length;
  const fitting = candidates
    .map((delimiter) => ({ delimiter, fields: count(first, delimiter) }))
    .filter(
      ({ delimiter, fields }) => fields > 1 && others.every((record) => count(record, delimiter) === fields),
    )
    .sort((left, right) => right.fields - left.fields);
  const [best] = fitting;
  if (best !== undefined) {
    const reason = `it gives ${best.fields} columns in each of the first ${others.length + 1} records`;
    return { delimiter: best.delimiter, reason };
  }
  return named === undefined
    ? { delimiter: ',', reason: 'none of , ; tab | divides the first records alike' }
    : { delimiter: named, reason: `the name ends in .${ending}` };
}
