import type { Reject } from '../loads/reject.js';
import { writeRecord } from '../loads/write-record.js';
import type { LoadOperations } from './operations.js';

const ROWS_PER_BATCH = 200;
/** Beside the source's own columns. No target has them, so that a load of the mended file leaves them out. */
const EXPLANATIONS = [
  'copydock_object',
  'copydock_line',
  'copydock_record_number',
  'copydock_byte_offset',
  'copydock_column',
  'copydock_sqlstate',
  'copydock_reason',
  'copydock_record',
];

/**
 * All rejects that are kept, as CSV with the columns of the source. Fields that don't match the columns stand as the
 * record that they were, in the last column.
 */
export async function* writeRejects(
  service: Pick<LoadOperations, 'rejects' | 'rejectColumns'>,
  id: string,
): AsyncGenerator<string> {
  const columns = await service.rejectColumns(id);
  yield writeRecord([...columns, ...EXPLANATIONS]);
  for (let after = 0; ; ) {
    const { items } = await service.rejects(id, after, ROWS_PER_BATCH);
    if (items.length > 0) yield items.map((reject) => writeReject(reject, columns)).join('');
    after = items.at(-1)?.seq ?? after;
    if (items.length < ROWS_PER_BATCH) return;
  }
}

function writeReject(reject: Reject, columns: readonly string[]): string {
  const { values, line, record_number: number, byte_offset: offset } = reject;
  return writeRecord([
    ...columns.map((column) => values?.[reject.columns.indexOf(column)] ?? null),
    reject.object,
    textOf(line),
    textOf(number),
    textOf(offset),
    reject.column,
    reject.sqlstate,
    reject.reason,
    values === null ? reject.record : null,
  ]);
}

function textOf(figure: number | null): string | null {
  return figure === null ? null : String(figure);
}
