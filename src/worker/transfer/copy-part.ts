import type pg from 'pg';
import { CopydockError } from '../../loads/errors.js';
import type { PartRow } from '../../postgres/control-database/plans.js';
import { classifyDatabaseError, readCopyPlace } from '../../postgres/sqlstate.js';
import { type CopyOptions, copyIn, copyStatement } from '../../postgres/target-database/copy-in.js';
import { importObject, type RemoteObject } from '../../postgres/target-database/import-object.js';
import { type StagedReject, saveRejects } from '../../postgres/target-database/rejects/reject-table.js';
import { announcePart, enterPart, intoStaging } from '../../postgres/target-database/staging-table.js';
import { CopyFilter } from '../../postgres/target-database/strategies/copy-filter.js';
import { objectLocation } from '../../s3/list.js';
import type { LoadRun } from '../load-run.js';
import { nameTarget } from '../plan/name-target.js';
import { type Plan, readingOf } from '../plan/plan-document.js';
import { findInvalidByte } from '../read/find-invalid-byte.js';
import { isConverted } from '../read/reading.js';
import { publishStep } from '../steps.js';
import { countBefore, lineEndOf, type PartPlace } from './locate-record.js';
import { hasOwnOffsets, placeName, recordPlace } from './places.js';
import { readWholePart } from './staged-parts.js';

export function copyOptions({ plan: { dialect, forceNull } }: Plan): CopyOptions {
  const { delimiter, quote, escape: escapeWith, nullString, encoding } = dialect;
  return { delimiter, quote, escape: escapeWith, nullString, encoding, forceNull };
}

/** Rolls back the rows of a part that the ledger holds already. */
class PartInLedger extends Error {}

/** What of a part is left out: how many records, and those of them that are kept with the reason. */
export interface LeftOut {
  count: number;
  kept: readonly StagedReject[];
}

const NOTHING_LEFT_OUT: LeftOut = { count: 0, kept: [] };

/** A part as COPY takes it: what the worker sends, or an object that the database fetches. */
export type PartBody = Buffer | AsyncIterable<Buffer> | RemoteObject;

/** Copies one part whole; an error says where in the source object the bad record stands. */
export async function copyPart(
  run: LoadRun,
  plan: Plan,
  part: PartRow,
  body: PartBody,
  signal: AbortSignal,
): Promise<void> {
  try {
    await copyRecords(run, plan, part, body, NOTHING_LEFT_OUT, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw await explainCopyError(error, run, plan, part, Buffer.isBuffer(body) ? body : null);
  }
}

/**
 * Copies the records of one part into the staging table and enters it into the ledger, with the rejects among them, in one
 * transaction. A table that is to take the target's place gets the rows in scope only.
 *
 * Hazard: an earlier owner of the load that was stopped in the middle may copy the same part after this one has read the
 * ledger. The part counts once: whoever comes second leaves nothing.
 */
// model: copy_part
export async function copyRecords(
  run: LoadRun,
  plan: Plan,
  part: PartRow,
  body: PartBody,
  leftOut: LeftOut,
  signal: AbortSignal,
): Promise<void> {
  const { staging, scope, newTable } = plan.plan;
  const options = { schema: plan.plan.target.schema, signal, isUnlogged: true };
  try {
    await run.inTarget(options, async (client) => {
      if (staging.hasPosition) await announcePart(client, part.part);
      const filter = new CopyFilter(client, newTable?.isCopiedInto ? scope : null);
      await filter.begin();
      const copied = await copyBody(client, plan, part, body, filter.condition, signal);
      const excluded = await filter.countExcluded();
      await filter.end();
      checkCopied(plan, part, copied + excluded + leftOut.count);
      run.lease.assertHeld();
      await saveRejects(client, staging.name, leftOut.kept);
      const entry = { ...part, excluded, rejected: leftOut.count };
      if (!(await enterPart(client, staging.name, entry))) throw new PartInLedger();
    });
    publishStep('part_copied', run.load.id, part.part);
  } catch (error) {
    if (!(error instanceof PartInLedger)) throw error;
  }
}

function copyBody(
  client: pg.ClientBase,
  plan: Plan,
  part: PartRow,
  body: PartBody,
  where: string | null,
  signal: AbortSignal,
): Promise<number> {
  const into = intoStaging(plan.plan.staging, part.columns, copyOptions(plan));
  if (!isRemote(body)) return copyIn(client, copyStatement(into, where), body, signal);
  if (where !== null) throw new Error('an import leaves no rows out');
  return importObject(client, into, body);
}

function isRemote(body: PartBody): body is RemoteObject {
  return 'bucket' in body;
}

/** PostgreSQL must have read as many records as the scanner counted, or something was lost. */
export function checkCopied(plan: Plan, part: PartRow, copied: number): void {
  if (copied === part.records) return;
  const object = partLocation(plan, part);
  throw new CopydockError(
    'record_count_mismatch',
    `${object}: PostgreSQL read ${copied} records of part ${part.part}, which holds ${part.records} (from ${placeName(plan)} ${part.firstLine}).`,
    { object, ...recordPlace(plan, part.firstLine) },
  );
}

/** SQLSTATEs of bytes that are no text of the encoding. */
const BAD_TEXT = new Set(['22021', '22P05']);

/**
 * Says where in the source object the record stands that PostgreSQL refused. `body`: the part, if it is in memory; `found`:
 * the record's place, where COPY's own count is not that of the part.
 */
export async function explainCopyError(
  error: unknown,
  run: LoadRun,
  plan: Plan,
  part: PartRow,
  body: Buffer | null,
  found: PartPlace | null = null,
): Promise<CopydockError> {
  if (error instanceof CopydockError) return error;
  nameTarget(error, plan);
  const place = readCopyPlace(error);
  const classified = classifyDatabaseError(error);
  if (place === null) return classified;
  const object = partLocation(plan, part);
  const bytes = body ?? (await readWholePart(run, plan, part));
  const { dialect } = plan.plan;
  const before = found ?? countBefore(bytes, dialect, lineEndOf(part, bytes, dialect), place.line);
  const number = part.firstLine + (isConverted(readingOf(plan)) ? before.records : before.lines);
  const column = place.column ?? classified.report.column;
  const where = `${object}, ${placeName(plan)} ${number}${column === undefined ? '' : `, column ${column}`}`;
  const badByte = BAD_TEXT.has(classified.report.sqlstate ?? '')
    ? findInvalidByte(bytes, dialect.encoding)
    : null;
  return new CopydockError(classified.code, `${where}: ${classified.message}`, {
    object,
    ...recordPlace(plan, number),
    ...(badByte === null || !hasOwnOffsets(plan) ? {} : { byte_offset: part.startByte + badByte }),
    hint: classified.report.hint,
    ...(column === undefined ? {} : { column }),
    ...(place.value === undefined ? {} : { value: place.value }),
    ...(classified.report.sqlstate === undefined ? {} : { sqlstate: classified.report.sqlstate }),
    cause: error,
  });
}

export function partLocation(plan: Plan, part: PartRow): string {
  const object = plan.plan.objects[part.objectIndex];
  if (object === undefined) throw new Error(`part ${part.part} names no object`);
  return objectLocation(object);
}
