import { CopydockError } from '../../loads/errors.js';
import { findMarkerLine } from './find-marker.js';
import { RecordScanner, type ScannerOptions } from './record-scanner.js';
import type { Slab, SlabPool } from './slab-pool.js';
import { MAX_RECORD_BYTES, splitLeniently } from './split-leniently.js';

/** A record-aligned slice of one object, in memory until it is released. */
export interface CutPart {
  /** Offset in the object. */
  startByte: number;
  body: Buffer;
  /** Physical line of the object, from 1, of the part's first record. */
  firstLine: number;
  lineCount: number;
  records: number;
  /** Line of a record that holds only `\.`, or null. */
  markerLine: number | null;
  /** Line of a quote that opens in the middle of a field, or null. */
  strayQuoteLine: number | null;
  /** Line of such a quote that makes several lines one record, or null. */
  mergingQuoteLine: number | null;
  endsObject: boolean;
  /** Records hold a quote that is not closed, and count as they are split leniently. */
  hasOpenQuotes: boolean;
  lineEnd: ScannerOptions['lineEnd'];
  release(): void;
}

export interface CutOptions {
  pool: SlabPool;
  /** At most the pool's slab size. */
  partSizeBytes: number;
  scanner: ScannerOptions;
  /** Where in the object the chunks begin. */
  startByte: number;
  firstLine: number;
  /** `s3://bucket/key`, for messages. */
  location: string;
  /** Goes on after the line of a quote that is not closed, instead of failing. */
  skipsOpenQuotes?: boolean;
  signal: AbortSignal;
}

/**
 * Cuts a stream of data records into parts of at most the part size each, at record ends only. The cut depends on
 * nothing but the bytes, the start and the part size, so that a resumed load cuts the same parts again. A last part without
 * a record is not made; `endsObject` marks the last one.
 */
export async function* cutParts(chunks: AsyncIterable<Buffer>, options: CutOptions): AsyncGenerator<CutPart> {
  const cutter = new Cutter(options);
  try {
    for await (const chunk of chunks) {
      let taken = 0;
      while (taken < chunk.length) {
        taken += await cutter.take(chunk, taken);
        if (cutter.isFull && taken < chunk.length) yield* cutter.cutFull();
      }
    }
    yield* cutter.finish();
  } finally {
    cutter.drop();
  }
}

type CutFigures = Pick<
  RecordScanner,
  'recordEnd' | 'records' | 'linesAtRecordEnd' | 'strayQuoteLine' | 'mergingQuoteLine'
>;

class Cutter {
  readonly #options: CutOptions;
  #slab: Slab | null = null;
  #buffer: Buffer = Buffer.alloc(0);
  #used = 0;
  #carried: Buffer = Buffer.alloc(0);
  #scanner: RecordScanner;
  #startByte: number;
  #firstLine: number;

  constructor(options: CutOptions) {
    this.#options = options;
    this.#scanner = this.#openScanner();
    this.#startByte = options.startByte;
    this.#firstLine = options.firstLine;
  }

  get isFull(): boolean {
    return this.#slab !== null && this.#used === this.#buffer.length;
  }

  /** Copies what fits of the chunk and scans it; answers how many bytes were taken. */
  async take(chunk: Buffer, from: number): Promise<number> {
    if (this.#slab === null) await this.#openSlab();
    const taken = Math.min(chunk.length - from, this.#buffer.length - this.#used);
    chunk.copy(this.#buffer, this.#used, from, from + taken);
    this.#scanner.scan(this.#buffer, this.#used, this.#used + taken);
    this.#used += taken;
    return taken;
  }

  /** Hands out the complete records of a full buffer; a record larger than that makes the buffer grow instead. */
  *cutFull(): Generator<CutPart> {
    if (this.#mustSplitLeniently(false)) yield* this.#cutLeniently(false);
    else if (this.#scanner.recordEnd === 0) this.#grow();
    else yield this.#cut(false, this.#scanner);
  }

  *finish(): Generator<CutPart> {
    if (this.#mustSplitLeniently(true)) {
      yield* this.#cutLeniently(true);
      return;
    }
    if (this.#scanner.isInQuotes) throw this.#neverClosed();
    this.#scanner.finish();
    if (this.#used > 0) yield this.#cut(true, this.#scanner);
  }

  /** Where the scanner is told of no open quote, both ways of splitting are one. */
  #mustSplitLeniently(isEnd: boolean): boolean {
    const { mergingQuoteLine, isInQuotes, recordEnd } = this.#scanner;
    if (this.#options.skipsOpenQuotes !== true) return false;
    const isTooLong = recordEnd === 0 && this.#used >= MAX_RECORD_BYTES;
    return mergingQuoteLine !== null || (isInQuotes && (isEnd || isTooLong));
  }

  *#cutLeniently(isEnd: boolean): Generator<CutPart> {
    const bytes = this.#buffer.subarray(0, this.#used);
    const { ends, lines, open, strayQuoteLine } = splitLeniently(bytes, this.#options.scanner, isEnd);
    const recordEnd = ends.at(-1) ?? 0;
    const figures = { recordEnd, records: ends.length, linesAtRecordEnd: lines.at(-1) ?? 0 };
    if (recordEnd === 0) this.#grow();
    else yield this.#cut(isEnd, { ...figures, strayQuoteLine, mergingQuoteLine: null }, open.size > 0);
  }

  #neverClosed(): CopydockError {
    const { location, scanner } = this.#options;
    const bytes = this.#buffer.subarray(0, this.#used);
    const [openLine = 0] = splitLeniently(bytes, scanner, true).open.values();
    const line = this.#firstLine + openLine;
    const detail = `${location}, line ${line}: a quote that opens there is not closed.`;
    return new CopydockError('unbalanced_quote', detail, { object: location, line });
  }

  drop(): void {
    this.#slab?.release();
    this.#slab = null;
  }

  get #openLine(): number {
    return this.#firstLine + this.#scanner.linesAtRecordEnd;
  }

  async #openSlab(): Promise<void> {
    this.#slab = await this.#options.pool.acquire(this.#options.signal);
    const isOutgrown = this.#carried.length >= this.#options.partSizeBytes;
    this.#buffer = this.#room(isOutgrown ? this.#double(this.#carried.length) : this.#options.partSizeBytes);
    this.#carried.copy(this.#buffer);
    this.#used = this.#carried.length;
    this.#scanner = this.#openScanner();
    this.#scanner.scan(this.#buffer, 0, this.#used);
    this.#carried = Buffer.alloc(0);
  }

  #cut(endsObject: boolean, figures: CutFigures, hasOpenQuotes = false): CutPart {
    const slab = this.#slab;
    if (slab === null) throw new Error('nothing to cut');
    const { recordEnd, records, linesAtRecordEnd, strayQuoteLine, mergingQuoteLine } = figures;
    const body = this.#buffer.subarray(0, recordEnd);
    const lineOfObject = (line: number | null) => (line === null ? null : this.#firstLine + line);
    const part: CutPart = {
      startByte: this.#startByte,
      body,
      firstLine: this.#firstLine,
      lineCount: linesAtRecordEnd,
      records,
      markerLine: lineOfObject(findMarkerLine(body, this.#options.scanner)),
      strayQuoteLine: lineOfObject(strayQuoteLine),
      mergingQuoteLine: lineOfObject(mergingQuoteLine),
      endsObject,
      hasOpenQuotes,
      lineEnd: this.#options.scanner.lineEnd,
      release: slab.release,
    };
    this.#carried = Buffer.from(this.#buffer.subarray(recordEnd, this.#used));
    this.#startByte += recordEnd;
    this.#firstLine += linesAtRecordEnd;
    this.#slab = null;
    this.#used = 0;
    return part;
  }

  #openScanner(): RecordScanner {
    return new RecordScanner(this.#options.scanner, this.#options.pool.scanner);
  }

  #grow(): void {
    if (this.#used >= MAX_RECORD_BYTES) {
      throw new CopydockError(
        'record_too_large',
        `${this.#options.location}: the record that begins at line ${this.#openLine} is larger than 64 MiB.`,
        { object: this.#options.location, line: this.#openLine },
      );
    }
    const larger = this.#room(this.#double(this.#buffer.length));
    if (larger.buffer !== this.#buffer.buffer) this.#buffer.copy(larger, 0, 0, this.#used);
    this.#buffer = larger;
  }

  /** Never beyond the largest record, so that the part size does not decide which one is too large. */
  #double(sizeBytes: number): number {
    return Math.max(sizeBytes + 1, Math.min(2 * sizeBytes, MAX_RECORD_BYTES));
  }

  /** The beginning of the slab, or memory beside the pool where a record outgrows it. */
  #room(sizeBytes: number): Buffer {
    const slab = this.#slab?.bytes;
    return slab !== undefined && sizeBytes <= slab.length
      ? slab.subarray(0, sizeBytes)
      : Buffer.allocUnsafeSlow(sizeBytes);
  }
}
