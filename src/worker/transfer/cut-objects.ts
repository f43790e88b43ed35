import { CopydockError } from '../../loads/errors.js';
import { type PartRow, sumRecords } from '../../postgres/control-database/plans.js';
import { objectLocation, type PinnedObject } from '../../s3/list.js';
import { type CutPart, cutParts } from '../cut/cut-parts.js';
import { limitRecords } from '../cut/limit-records.js';
import { scannerOptions } from '../cut/line-end.js';
import type { LoadRun } from '../load-run.js';
import { type Plan, readingOf } from '../plan/plan-document.js';
import { openObject, openObjectAt } from '../read/open-object.js';
import { isConverted, type OpenedObject, type ReadTools } from '../read/reading.js';
import { skipsRecords } from '../rejects/limit-rejects.js';

/** A part as it leaves the cutter: its row, to be recorded, and its bytes, to be released. */
export interface FreshPart {
  row: PartRow;
  body: Buffer;
  markerLine: number | null;
  strayQuoteLine: number | null;
  mergingQuoteLine: number | null;
  release(): void;
}

type Watchers = Pick<ReadTools, 'onBytes' | 'onUnknownKey'>;

/**
 * Cuts the source on from where the recorded parts end: object by object, each read once from its first byte or from
 * the end of its last recorded part. A sample stops at its limit.
 */
export async function* cutObjects(
  run: LoadRun,
  plan: Plan,
  recorded: readonly PartRow[],
  watchers: Watchers,
  signal: AbortSignal,
): AsyncGenerator<FreshPart> {
  let part = recorded.length;
  let left = plan.plan.recordLimit === null ? null : plan.plan.recordLimit - sumRecords(recorded);
  const tools = { s3: run.deps.s3, temp: run.deps.temp, signal, ...watchers };
  for (const [objectIndex, object] of plan.plan.objects.entries()) {
    const done = recorded.filter((row) => row.objectIndex === objectIndex);
    if (done.at(-1)?.endsObject === true || object.sizeBytes === 0) continue;
    if (left !== null && left <= 0) return;
    for await (const { part: piece, columns } of cutObject(run, plan, object, done, tools)) {
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

/** One object, on from the end of its last recorded part. */
async function* cutObject(
  run: LoadRun,
  plan: Plan,
  object: PinnedObject,
  recorded: readonly PartRow[],
  tools: ReadTools,
): AsyncGenerator<Piece> {
  const last = recorded.at(-1);
  const reading = readingOf(plan);
  const opened = await (last === undefined
    ? openObject(object, reading, tools)
    : openObjectAt(object, last.startByte + last.sizeBytes, reading, tools));
  if (opened === null) return;
  try {
    const { head } = opened;
    checkHeader(plan, head.columns, object);
    const start = {
      byte: last === undefined ? head.dataStart : last.startByte + last.sizeBytes,
      line: last === undefined ? head.firstLine : last.firstLine + last.lineCount,
      records: sumRecords(recorded),
    };
    yield* checkWhole(cutPieces(run, plan, object, opened, start, tools.signal), object, opened, start);
  } finally {
    await opened.close();
  }
}

/** Where nulls are written anew, what follows an open quote has been read as quoted: the load fails instead. */
function skipsOpenQuotes(run: LoadRun, plan: Plan): boolean {
  const reading = readingOf(plan);
  return skipsRecords(run) && !isConverted(reading) && reading.respelledNulls === null;
}

interface Start {
  byte: number;
  line: number;
  /** Records of the object before it. */
  records: number;
}

async function* cutPieces(
  run: LoadRun,
  plan: Plan,
  object: PinnedObject,
  { head, records }: OpenedObject,
  start: Start,
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  const parts = cutParts(records, {
    pool: run.deps.slabs,
    partSizeBytes: plan.plan.partSizeBytes,
    scanner: scannerOptions(plan.plan.dialect, head.lineEnd),
    startByte: start.byte,
    firstLine: start.line,
    location: objectLocation(object),
    skipsOpenQuotes: skipsOpenQuotes(run, plan),
    signal,
  });
  const countsRecords = isConverted(readingOf(plan));
  let firstRecord = start.records + 1;
  for await (const part of parts) {
    const places = countsRecords ? { firstLine: firstRecord, lineCount: part.records } : {};
    firstRecord += part.records;
    yield { part: { ...part, ...places }, columns: head.columns };
  }
}

/**
 * What stands before the parts and the parts themselves must be all of the object: a short body is never whole. Of a
 * converted object the reader's own count of records is compared.
 */
async function* checkWhole(
  pieces: AsyncIterable<Piece>,
  object: PinnedObject,
  { isVerbatim, countRecords }: OpenedObject,
  start: Start,
): AsyncGenerator<Piece> {
  let { byte: position, records } = start;
  for await (const piece of pieces) {
    position += piece.part.body.length;
    records += piece.part.records;
    yield piece;
  }
  const location = objectLocation(object);
  if (isVerbatim && position !== object.sizeBytes) {
    throw new CopydockError(
      's3_unavailable',
      `${location}: ${position} of ${object.sizeBytes} bytes were read.`,
      {
        object: location,
      },
    );
  }
  if (countRecords === null || countRecords() === records) return;
  throw new CopydockError(
    'record_count_mismatch',
    `${location}: ${countRecords()} records were read, and ${records} were cut.`,
    { object: location },
  );
}

/** The plan knows the columns of every object, but for a sample's, which looks at the first one only. */
function checkHeader(plan: Plan, columns: readonly string[], object: PinnedObject): void {
  const extra = columns.find((name) => !plan.plan.header.includes(name));
  if (extra === undefined) return;
  throw new CopydockError(
    'header_mismatch',
    `${objectLocation(object)} has column ${extra} besides, other than the first object of the load.`,
    { object: objectLocation(object), line: 1, column: extra },
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
      hasOpenQuotes: piece.hasOpenQuotes,
      lineEnd: piece.lineEnd,
      etag: null,
    },
    body: piece.body,
    markerLine: piece.markerLine,
    strayQuoteLine: piece.strayQuoteLine,
    mergingQuoteLine: piece.mergingQuoteLine,
    release: piece.release,
  };
}
