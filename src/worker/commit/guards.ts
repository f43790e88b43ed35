import { CopydockError } from '../../loads/errors.js';
import type { LoadRequest, Receipt } from '../../loads/load.js';
import type { AppliedRows } from '../../postgres/target-database/strategies/applied.js';

type Allowances = Pick<LoadRequest, 'load_type' | 'allow_empty' | 'allow_shrink' | 'expected_rows' | 'path'>;

/** What can be said of the source once it is cut, before the target is touched. */
export function checkSource(request: Allowances, read: number): void {
  if (request.load_type === 'full' && read === 0 && request.allow_empty !== true) {
    throw new CopydockError('empty_source', `No object under ${request.path} holds a row.`, {
      field: 'path',
    });
  }
  const isWhole = request.load_type !== 'sample';
  if (isWhole && request.expected_rows !== undefined && request.expected_rows !== read) {
    throw new CopydockError(
      'row_count_mismatch',
      `The source holds ${read} rows, but expected_rows is ${request.expected_rows}.`,
      { field: 'expected_rows' },
    );
  }
}

/** The guards of a full load, on what the transaction has done, before COMMIT. */
export function checkReplacement(
  request: Allowances,
  applied: AppliedRows,
  read: number,
  minKeepShare: number,
): void {
  if (request.load_type !== 'full') return;
  if (read > 0 && applied.loaded === 0 && request.allow_empty !== true) {
    throw new CopydockError(
      'empty_result',
      `None of the ${read} rows of the source is left after filtering.`,
      {
        field: 'data_set',
      },
    );
  }
  const before = applied.deleted + applied.updated + applied.unchanged;
  if (applied.loaded < before * minKeepShare && request.allow_shrink !== true) {
    throw new CopydockError(
      'suspicious_shrink',
      `The scope has ${before} rows and would have ${applied.loaded}, less than ${minKeepShare * 100}% of them.`,
    );
  }
}

/** Every record read is accounted for, and every row loaded is either new, changed or as before. */
export function checkBalance(receipt: Receipt): void {
  const { read, loaded, rejected, deduplicated, filtered, inserted, updated, unchanged } = receipt;
  const isBalanced =
    read === loaded + rejected + deduplicated + filtered && loaded === inserted + updated + unchanged;
  if (isBalanced) return;
  throw new CopydockError(
    'receipt_unbalanced',
    `read ${read}, loaded ${loaded}, rejected ${rejected}, deduplicated ${deduplicated}, filtered ${filtered}; inserted ${inserted}, updated ${updated}, unchanged ${unchanged}.`,
  );
}
