import type { PartRow } from '../../postgres/control-database/plans.js';
import { classifyDatabaseError, isRecordFault, readCopyPlace } from '../../postgres/sqlstate.js';
import { countLeftOut } from '../../postgres/target-database/staging-table.js';
import type { LoadRun } from '../load-run.js';
import { nameTarget } from '../plan/name-target.js';
import type { Plan } from '../plan/plan-document.js';
import { copyRecords, explainCopyError, type PartBody } from '../transfer/copy-part.js';
import { countBefore, lineEndOf, type PartPlace } from '../transfer/locate-record.js';
import { readWholePart } from '../transfer/staged-parts.js';
import { findMisfits } from './find-misfits.js';
import { MAX_KEPT } from './limit-rejects.js';
import { type Fault, makeRejects } from './make-rejects.js';
import { indexRecords, type RecordIndex } from './record-index.js';
import { goodNumbers, sliceRecords } from './slice-records.js';

/** What the checks don't foresee, COPY finds one record at a time. */
const MAX_TRIES = 100;

/**
 * Copies a part as `on_error: skip` wants it: whole, as ever, and only where COPY refuses a record of it without those that
 * don't load. Answers how many these are.
 */
export async function copyPartSkipping(
  run: LoadRun,
  plan: Plan,
  part: PartRow,
  body: PartBody,
  signal: AbortSignal,
): Promise<number> {
  try {
    if (!part.hasOpenQuotes) {
      await copyRecords(run, plan, part, body, { count: 0, kept: [] }, signal);
      return 0;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!isRecordFault(error)) throw await explainCopyError(error, run, plan, part, null);
  }
  const bytes = Buffer.isBuffer(body) ? body : await readWholePart(run, plan, part);
  return copyGoodRecords(run, plan, part, bytes, signal);
}

async function copyGoodRecords(
  run: LoadRun,
  plan: Plan,
  part: PartRow,
  body: Buffer,
  signal: AbortSignal,
): Promise<number> {
  const index = indexPart(plan, part, body);
  const room = MAX_KEPT - (await countRejected(run, plan, signal));
  const faults = new Map<number, Fault>();
  for (const [number, malformation] of index.malformed) faults.set(number, { column: null, ...malformation });
  let isChecked = false;
  for (let tries = 1; ; tries += 1) {
    try {
      if (!isChecked) {
        const misfits = await findMisfits(run, plan, part, body, index, faults, signal);
        for (const [number, fault] of misfits) faults.set(number, fault);
        isChecked = true;
      }
      const kept = makeRejects(plan, part, body, index, faults, room);
      const good = sliceRecords(body, index, faults);
      await copyRecords(run, plan, part, good, { count: faults.size, kept }, signal);
      return faults.size;
    } catch (error) {
      signal.throwIfAborted();
      const number = await locate(error, plan, body, index, faults);
      if (number === null || tries === MAX_TRIES) {
        throw await explainCopyError(error, run, plan, part, body, placeBefore(index, number));
      }
      faults.set(number, describeFault(error, plan));
    }
  }
}

function indexPart({ plan: { dialect } }: Plan, part: PartRow, body: Buffer): RecordIndex {
  const lineEnd = lineEndOf(part, body, dialect);
  const index = indexRecords(body, dialect, lineEnd, part.columns, part.hasOpenQuotes);
  if (index.ends.length === part.records) return index;
  throw new Error(`part ${part.part} does not hold the ${part.records} records that were cut`);
}

async function countRejected(run: LoadRun, plan: Plan, signal: AbortSignal): Promise<number> {
  const { rejected } = await run.inTarget({ signal, isUnlogged: true }, (client) =>
    countLeftOut(client, plan.stagingTable),
  );
  return rejected;
}

/** The record of the part that COPY refused of those that it was sent; null where it does not tell. */
async function locate(
  error: unknown,
  { plan: { dialect } }: Plan,
  body: Buffer,
  index: RecordIndex,
  faults: ReadonlyMap<number, Fault>,
): Promise<number | null> {
  const place = isRecordFault(error) ? readCopyPlace(error) : null;
  if (place === null) return null;
  const sent: Buffer[] = [];
  for await (const slice of sliceRecords(body, index, faults)) sent.push(slice);
  const { records } = countBefore(Buffer.concat(sent), dialect, index.lineEnd, place.line);
  return goodNumbers(index, faults)[records] ?? null;
}

/** What of the whole part stands before a record: COPY counted without those that were left out. */
function placeBefore({ lines }: RecordIndex, number: number | null): PartPlace | null {
  return number === null ? null : { lines: lines[number] ?? 0, records: number };
}

function describeFault(error: unknown, plan: Plan): Fault {
  const column = readCopyPlace(error)?.column;
  nameTarget(error, plan);
  const { report } = classifyDatabaseError(error);
  return {
    column: column ?? report.column ?? null,
    sqlstate: report.sqlstate ?? '',
    reason: report.detail,
  };
}
