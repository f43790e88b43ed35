import { CopydockError } from '../../loads/errors.js';
import type { LoadRequest } from '../../loads/load.js';
import type { StagedReject } from '../../postgres/target-database/rejects/reject-table.js';
import type { LoadRun } from '../load-run.js';

/** Rejects of a load that are kept in full; the others are counted. */
export const MAX_KEPT = 10_000;

export function skipsRecords({ load }: LoadRun): boolean {
  return load.request.on_error === 'skip';
}

/** Whether so many rejects are more than the load may have. `read`: of so many records; null while that is not known. */
export function areTooMany(
  { max_rejects: limit }: Pick<LoadRequest, 'max_rejects'>,
  rejected: number,
  read: number | null,
): boolean {
  if (rejected === 0) return false;
  if (rejected === read) return true;
  if (typeof limit === 'number') return rejected > limit;
  return limit !== undefined && read !== null && rejected * 100 > read * Number(limit.slice(0, -1));
}

/** `read`: null where the load stops before all is read. */
export function tooManyRejects(
  { max_rejects: limit }: Pick<LoadRequest, 'max_rejects'>,
  rejected: number,
  read: number | null,
  first: readonly StagedReject[],
): CopydockError {
  const count = read === null ? `${rejected} records` : `${rejected} of ${read} records`;
  const allowed = rejected === read ? ', which is all of them' : `, and max_rejects is ${limit}`;
  const examples = first.map((reject) => `${placeOf(reject)}: ${reject.reason}`).join('; ');
  const [one] = first;
  return new CopydockError(
    'too_many_rejects',
    `${count} were rejected${allowed}. The first: ${examples}.`.replace(/\s+/g, ' '),
    one === undefined
      ? {}
      : {
          object: one.object,
          ...(one.line === null ? {} : { line: one.line }),
          ...(one.record_number === null ? {} : { record: one.record_number }),
          ...(one.column_name === null ? {} : { column: one.column_name }),
        },
  );
}

function placeOf({ object, line, record_number: record, column_name: column }: StagedReject): string {
  const where = line === null ? `record ${record}` : `line ${line}`;
  return `${object}, ${where}${column === null ? '' : `, column ${column}`}`;
}
