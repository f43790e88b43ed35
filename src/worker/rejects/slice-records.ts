import { type RecordIndex, recordAt } from './record-index.js';

/** Many small writes are slow. */
const SLICE_BYTES = 256 * 1024;

/** A part without some of its records, in slices. */
export async function* sliceRecords(
  body: Buffer,
  index: RecordIndex,
  leftOut: ReadonlyMap<number, unknown>,
): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let sizeBytes = 0;
  for (const [from, to] of goodRanges(body, index, leftOut)) {
    for (let at = from; at < to; at += SLICE_BYTES) {
      const piece = body.subarray(at, Math.min(to, at + SLICE_BYTES));
      pieces.push(piece);
      sizeBytes += piece.length;
      if (sizeBytes < SLICE_BYTES) continue;
      yield Buffer.concat(pieces);
      pieces = [];
      sizeBytes = 0;
    }
  }
  if (pieces.length > 0) yield Buffer.concat(pieces);
}

/** The numbers of the records that are not left out. */
export function goodNumbers({ ends }: RecordIndex, leftOut: ReadonlyMap<number, unknown>): number[] {
  const numbers: number[] = [];
  for (let number = 0; number < ends.length; number += 1) if (!leftOut.has(number)) numbers.push(number);
  return numbers;
}

/** Offsets of the bytes between records that are left out. */
function* goodRanges(
  body: Buffer,
  index: RecordIndex,
  leftOut: ReadonlyMap<number, unknown>,
): Generator<[from: number, to: number]> {
  let from = 0;
  for (const number of [...leftOut.keys()].sort((a, b) => a - b)) {
    const record = recordAt(body, index, number);
    const start = record.byteOffset - body.byteOffset;
    if (start > from) yield [from, start];
    from = start + record.length;
  }
  if (from < body.length) yield [from, body.length];
}
