import type { CsvOptions } from './load.js';
import type { RequestProblem } from './request-problem.js';

/**
 * CSV options that exclude each other. Options that are not given are not judged: a request's are completed by the
 * data set's configuration, and the completed ones are worth another check.
 */
export function findCsvConflicts(csv: CsvOptions): RequestProblem[] {
  const { delimiter, quote = '"', null_string: nullString, header, columns } = csv;
  const problems: RequestProblem[] = [];
  if (delimiter !== undefined && delimiter === quote) {
    problems.push(conflict('csv.delimiter', 'csv.delimiter and csv.quote must differ.'));
  }
  for (const mark of [delimiter, quote]) {
    if (mark !== undefined && nullString?.includes(mark)) {
      problems.push(conflict('csv.null_string', `csv.null_string must not hold ${JSON.stringify(mark)}.`));
    }
  }
  if (columns === undefined && header === false) {
    problems.push(conflict('csv.columns', 'csv.header is false, so csv.columns must name the columns.'));
  }
  if (columns && header === true) {
    const detail = 'csv.columns is for objects without a header, and csv.header is true.';
    problems.push(conflict('csv.columns', detail));
  }
  if (columns && new Set(columns).size < columns.length) {
    problems.push(conflict('csv.columns', 'csv.columns names a column twice.'));
  }
  return problems;
}

function conflict(field: string, detail: string): RequestProblem {
  return { code: 'invalid_request', field, detail };
}
