import { CopydockError } from '../../loads/errors.js';
import { findMarkerLine } from './find-marker.js';
import { RecordScanner, type ScannerOptions } from './record-scanner.js';
import type { Slab, SlabPool } from './slab-pool.js';

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
  signal: AbortSignal;
}

/** One record may outgrow the part size up to this; beyond it a quote that is never closed is far likelier. */
const MAX_RECORD_BYTES = 64 * 1024 * 1024;

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
    if (this.#scanner.recordEnd === 0) this.#grow();
    else yield this.#cut(false);
  }

  *finish(): Generator<CutPart> {
    if (this.#scanner.isInQuotes) {
      throw new CopydockError(
        'unbalanced_quote',
        `${this.#options.location}: a quote in the record that begins at line ${this.#openLine} is never closed.`,
        { object: this.#options.location, line: this.#openLine },
      );
    }
    this.#scanner.finish();
    if (this.#used > 0) yield this.#cut(true);
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
    this.#buffer = this.#room(isOutgrown ? 2 * this.#carried.length : this.#options.partSizeBytes);
    this.#carried.copy(this.#buffer);
    this.#used = this.#carried.length;
    this.#scanner = this.#openScanner();
    this.#scanner.scan(this.#buffer, 0, this.#used);
    this.#carried = Buffer.alloc(0);
  }

  #cut(endsObject: boolean): CutPart {
    const slab = this.#slab;
    if (slab === null) throw new Error('nothing to cut');
    const { recordEnd, records, linesAtRecordEnd, strayQuoteLine, mergingQuoteLine } = this.#scanner;
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
    const larger = this.#room(2 * this.#buffer.length);
    if (larger.buffer !== this.#buffer.buffer) this.#buffer.copy(larger, 0, 0, this.#used);
    this.#buffer = larger;
  }

  /** The beginning of the slab, or memory beside the pool where a record outgrows it. */
  #room(sizeBytes: number): Buffer {
    const slab = this.#slab?.bytes;
    return slab !== undefined && sizeBytes <= slab.length
      ? slab.subarray(0, sizeBytes)
      : Buffer.allocUnsafeSlow(sizeBytes);
  }
}
