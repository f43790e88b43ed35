import { storableText } from '../../loads/errors.js';
import type { PartRow } from '../../postgres/control-database/plans.js';
import type { StagedReject } from '../../postgres/target-database/rejects/reject-table.js';
import { parseRecord } from '../cut/parse-record.js';
import type { Plan } from '../plan/plan-document.js';
import { partLocation } from '../transfer/copy-part.js';
import { hasOwnOffsets, placeName, recordPlace } from '../transfer/places.js';
import { type RecordIndex, recordAt } from './record-index.js';

/** What is wrong with a record; `column` is null where no single one is to blame. */
export interface Fault {
  column: string | null;
  sqlstate: string;
  reason: string;
}

/** A record that is longer is kept cut, and can't be mended from what is kept. */
const MAX_RECORD_CHARACTERS = 64 * 1024;

/** What is kept of one part. */
const MAX_PART_CHARACTERS = 16 * 1024 * 1024;

/** Describes the first records with a fault, at most so many, for whoever has to mend them. */
export function makeRejects(
  plan: Plan,
  part: PartRow,
  body: Buffer,
  index: RecordIndex,
  faults: ReadonlyMap<number, Fault>,
  most: number,
): StagedReject[] {
  const rejects: StagedReject[] = [];
  let characters = 0;
  for (const [number, fault] of [...faults].sort(([a], [b]) => a - b)) {
    if (rejects.length >= most || characters > MAX_PART_CHARACTERS) break;
    const reject = makeReject(plan, part, body, index, number, fault);
    characters += reject.record.length;
    rejects.push(reject);
  }
  return rejects;
}

function makeReject(
  plan: Plan,
  part: PartRow,
  body: Buffer,
  index: RecordIndex,
  number: number,
  fault: Fault,
): StagedReject {
  const before = placeName(plan) === 'record' ? number : (index.lines[number] ?? 0);
  const place = recordPlace(plan, part.firstLine + before);
  const start = number === 0 ? 0 : (index.ends[number - 1] ?? 0);
  return {
    part: part.part,
    number,
    object: partLocation(plan, part),
    line: place.line ?? null,
    record_number: place.record ?? null,
    byte_offset: hasOwnOffsets(plan) ? part.startByte + start : null,
    column_name: fault.column,
    sqlstate: fault.sqlstate,
    reason: storableText(fault.reason),
    columns: part.columns,
    ...readRecord(plan, body, index, number, part.columns),
  };
}

function readRecord(
  { plan: { dialect } }: Plan,
  body: Buffer,
  index: RecordIndex,
  number: number,
  columns: readonly string[],
): Pick<StagedReject, 'record' | 'is_cut' | 'field_values'> {
  const text = decodeLeniently(recordAt(body, index, number), dialect.encoding).replace(/\r?\n$|\r$/, '');
  const isCut = text.length > MAX_RECORD_CHARACTERS;
  const record = storableText(isCut ? text.slice(0, MAX_RECORD_CHARACTERS) : text);
  const fields = isCut || index.malformed.has(number) ? null : parseRecord(record, dialect);
  return { record, is_cut: isCut, field_values: fields?.length === columns.length ? fields : null };
}

/** Bytes that are no text of the encoding become U+FFFD. */
function decodeLeniently(bytes: Buffer, encoding: string): string {
  if (encoding === 'LATIN1') return bytes.toString('latin1');
  return new TextDecoder(encoding === 'WIN1252' ? 'windows-1252' : 'utf-8').decode(bytes);
}
