import type { Reject } from '../../loads/reject.js';
import { addRejects, beginRejects } from '../../postgres/control-database/rejects.js';
import {
  hasRejectTable,
  readRejects,
  type StagedReject,
} from '../../postgres/target-database/rejects/reject-table.js';
import { countLeftOut } from '../../postgres/target-database/staging-table.js';
import type { LoadRun } from '../load-run.js';
import { MAX_KEPT, skipsRecords } from './limit-rejects.js';

const ROWS_PER_BATCH = 500;
/** Of one load. Records that are kept may be long. */
const MAX_CHARACTERS = 64 * 1024 * 1024;

/**
 * Brings the rejects of the current attempt from the target, where they were kept with their parts, to the control database.
 * Done again it does the same. Answers how many records were left out.
 */
export async function moveRejects(run: LoadRun, stagingTable: string, signal: AbortSignal): Promise<number> {
  if (!skipsRecords(run)) return 0;
  const inTarget = <T>(work: Parameters<typeof run.inTarget<T>>[1]) =>
    run.inTarget({ signal, isUnlogged: true }, work);
  const rejected = await inTarget(async (client) =>
    (await hasRejectTable(client, stagingTable)) ? (await countLeftOut(client, stagingTable)).rejected : 0,
  );
  await beginRejects(run.control, run.load, rejected);
  let after: Pick<StagedReject, 'part' | 'number'> = { part: -1, number: -1 };
  let kept = 0;
  let characters = 0;
  while (kept < Math.min(rejected, MAX_KEPT) && characters < MAX_CHARACTERS) {
    const limit = Math.min(ROWS_PER_BATCH, MAX_KEPT - kept);
    const batch = await inTarget((client) => readRejects(client, stagingTable, after, limit));
    const last = batch.at(-1);
    if (last === undefined) break;
    await addRejects(
      run.control,
      run.load,
      batch.map((reject, nth) => toReject(reject, kept + nth + 1)),
    );
    kept += batch.length;
    characters += batch.reduce((sum, { record }) => sum + record.length, 0);
    after = last;
  }
  return rejected;
}

function toReject({ part, number, column_name, field_values, ...reject }: StagedReject, seq: number): Reject {
  return { ...reject, seq, column: column_name, values: field_values };
}
