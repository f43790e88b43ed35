import { CopydockError } from '../../loads/errors.js';
import { type PartRow, sumRecords } from '../../postgres/control-database/plans.js';
import { objectLocation, type PinnedObject } from '../../s3/list.js';
import { readPinned } from '../../s3/read.js';
import { type CutPart, cutParts } from '../cut/cut-parts.js';
import { type Head, peelHead } from '../cut/head.js';
import { limitRecords } from '../cut/limit-records.js';
import { scannerOptions } from '../cut/line-end.js';
import type { LoadRun } from '../load-run.js';
import type { Plan } from '../plan/plan-document.js';

/** A part as it leaves the cutter: its row, to be recorded, and its bytes, to be released. */
export interface FreshPart {
  row: PartRow;
  body: Buffer;
  markerLine: number | null;
  release(): void;
}

/**
 * Cuts the source on from where the recorded parts end: object by object, each read once from its first byte or from
 * the end of its last recorded part. A sample stops at its limit.
 */
export async function* cutObjects(
  run: LoadRun,
  plan: Plan,
  recorded: readonly PartRow[],
  signal: AbortSignal,
): AsyncGenerator<FreshPart> {
  let part = recorded.length;
  let left = plan.plan.recordLimit === null ? null : plan.plan.recordLimit - sumRecords(recorded);
  for (const [objectIndex, object] of plan.plan.objects.entries()) {
    const last = recorded.filter((row) => row.objectIndex === objectIndex).at(-1);
    if (last?.endsObject === true || object.sizeBytes === 0) continue;
    if (left !== null && left <= 0) return;
    const cut =
      last === undefined ? cutWhole(run, plan, object, signal) : cutRest(run, plan, object, last, signal);
    for await (const { part: piece, columns } of cut) {
      const limited = left === null ? piece : limitRecords(piece, left, plan.plan.dialect);
      yield toFreshPart(limited, { part, objectIndex, columns });
      part += 1;
      if (left !== null) left -= limited.records;
      if (left !== null && left <= 0) return;
    }
  }
}

interface Piece {
  part: CutPart;
  columns: string[];
}

async function* cutWhole(
  run: LoadRun,
  plan: Plan,
  object: PinnedObject,
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  const range = { startByte: 0, endByte: object.sizeBytes };
  const chunks = readPinned(run.deps.s3, 'source', object, range, signal);
  const peeled = await peelHead(chunks, plan.plan.dialect, objectLocation(object));
  if (peeled === null) return;
  const { head, rest, close } = peeled;
  try {
    checkHeader(plan, head, object);
    yield* checkLength(cutPieces(run, plan, object, rest, head, signal), object, head.dataStart);
  } finally {
    await close();
  }
}

/** The head is read again, for the columns and the kind of line end; the parts before are not. */
async function* cutRest(
  run: LoadRun,
  plan: Plan,
  object: PinnedObject,
  last: PartRow,
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  const whole = { startByte: 0, endByte: object.sizeBytes };
  const peeled = await peelHead(
    readPinned(run.deps.s3, 'source', object, whole, signal),
    plan.plan.dialect,
    objectLocation(object),
  );
  if (peeled === null) return;
  await peeled.close();
  const start = last.startByte + last.sizeBytes;
  const chunks = readPinned(run.deps.s3, 'source', object, { ...whole, startByte: start }, signal);
  const head = { ...peeled.head, dataStart: start, firstLine: last.firstLine + last.lineCount };
  yield* checkLength(cutPieces(run, plan, object, chunks, head, signal), object, start);
}

async function* cutPieces(
  run: LoadRun,
  plan: Plan,
  object: PinnedObject,
  chunks: AsyncIterable<Buffer>,
  head: Head,
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  const parts = cutParts(chunks, {
    pool: run.deps.slabs,
    partSizeBytes: plan.plan.partSizeBytes,
    scanner: scannerOptions(plan.plan.dialect, head.lineEnd),
    startByte: head.dataStart,
    firstLine: head.firstLine,
    location: objectLocation(object),
    signal,
  });
  for await (const part of parts) yield { part, columns: head.columns };
}

/** What stands before the parts and the parts themselves must be all of the object: a short body is never whole. */
async function* checkLength(
  pieces: AsyncIterable<Piece>,
  object: PinnedObject,
  start: number,
): AsyncGenerator<Piece> {
  let position = start;
  for await (const piece of pieces) {
    position += piece.part.body.length;
    yield piece;
  }
  if (position !== object.sizeBytes) {
    throw new CopydockError(
      's3_unavailable',
      `${objectLocation(object)}: ${position} of ${object.sizeBytes} bytes were read.`,
      { object: objectLocation(object) },
    );
  }
}

/** Objects of one load may order their columns differently, but must have the same ones. */
function checkHeader(plan: Plan, head: Head, object: PinnedObject): void {
  const expected = plan.plan.header;
  const extra = head.columns.find((name) => !expected.includes(name));
  const missing = expected.find((name) => !head.columns.includes(name));
  if (extra === undefined && missing === undefined) return;
  const difference = extra === undefined ? `lacks column ${missing}` : `has column ${extra} besides`;
  throw new CopydockError(
    'header_mismatch',
    `${objectLocation(object)} ${difference}, other than the first object of the load.`,
    { object: objectLocation(object), line: 1, column: extra ?? missing ?? '' },
  );
}

function toFreshPart(piece: CutPart, names: Pick<PartRow, 'part' | 'objectIndex' | 'columns'>): FreshPart {
  return {
    row: {
      ...names,
      startByte: piece.startByte,
      sizeBytes: piece.body.length,
      firstLine: piece.firstLine,
      lineCount: piece.lineCount,
      records: piece.records,
      endsObject: piece.endsObject,
      etag: null,
    },
    body: piece.body,
    markerLine: piece.markerLine,
    release: piece.release,
  };
}
