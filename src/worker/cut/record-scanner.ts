const LF = 0x0a;
const CR = 0x0d;
const BACKSLASH = 0x5c;
const DOT = 0x2e;

export interface ScannerOptions {
  /** One ASCII byte each. */
  quote: number;
  escape: number;
  lineEnd: 'lf' | 'cr';
}

/**
 * Finds where records end, chunk by chunk, by the rules of PostgreSQL's own CSV reader (CopyReadLineText in
 * copyfromparse.c): a quote anywhere toggles, an escape makes the next quote plain within quotes, a line end outside
 * quotes ends the record. It never looks into fields.
 */
export class RecordScanner {
  /** Complete records so far. */
  records = 0;
  /** Line ends so far, those within quotes included. */
  lines = 0;
  /** Bytes up to the end of the last complete record, and the figures as they were there. */
  recordEnd = 0;
  linesAtRecordEnd = 0;
  /** Line (0-based) of the first record that holds only `\.`, which PostgreSQL before 18 reads as the end of data. */
  markerLine: number | null = null;

  readonly #options: ScannerOptions;
  #position = 0;
  #inQuotes = false;
  #isEscaped = false;

  constructor(options: ScannerOptions) {
    this.#options = options;
  }

  /** True after a quote that is not closed yet. */
  get isInQuotes(): boolean {
    return this.#inQuotes;
  }

  scan(bytes: Uint8Array, from: number, to: number): void {
    if (this.#options.quote === this.#options.escape) this.#scanDoubled(bytes, from, to);
    else this.#scanEscaped(bytes, from, to);
    this.#position += to - from;
  }

  /** Counts what stands after the last line end as a record of its own, as PostgreSQL does at the end of data. */
  finish(): void {
    if (this.recordEnd < this.#position) this.#endRecord(this.#position, this.lines);
  }

  /** The common case: a doubled quote toggles twice, so no escape needs to be known. */
  #scanDoubled(bytes: Uint8Array, from: number, to: number): void {
    const { quote } = this.#options;
    const lineEnd = this.#options.lineEnd === 'lf' ? LF : CR;
    let inQuotes = this.#inQuotes;
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at];
      if (byte === quote) inQuotes = !inQuotes;
      else if (byte === lineEnd) {
        this.lines += 1;
        if (!inQuotes) this.#endLine(bytes, from, at);
      }
    }
    this.#inQuotes = inQuotes;
  }

  #scanEscaped(bytes: Uint8Array, from: number, to: number): void {
    const { quote, escape: escapeByte } = this.#options;
    const lineEnd = this.#options.lineEnd === 'lf' ? LF : CR;
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at];
      if (this.#inQuotes && byte === escapeByte) this.#isEscaped = !this.#isEscaped;
      if (byte === quote && !this.#isEscaped) this.#inQuotes = !this.#inQuotes;
      if (byte !== escapeByte) this.#isEscaped = false;
      if (byte === lineEnd) {
        this.lines += 1;
        if (!this.#inQuotes) this.#endLine(bytes, from, at);
      }
    }
  }

  #endLine(bytes: Uint8Array, from: number, at: number): void {
    const end = this.#position + (at - from) + 1;
    const length = end - this.recordEnd;
    if (length <= 4 && this.markerLine === null && isMarker(bytes, at, length))
      this.markerLine = this.lines - 1;
    this.#endRecord(end, this.lines);
  }

  #endRecord(end: number, lines: number): void {
    this.records += 1;
    this.recordEnd = end;
    this.linesAtRecordEnd = lines;
  }
}

/** Whether the `length` bytes up to and with the line end at `at` are `\.` and a line end. */
function isMarker(bytes: Uint8Array, at: number, length: number): boolean {
  const hasCarriageReturn = length === 4 && bytes[at - 1] === CR;
  if (length !== 3 && !hasCarriageReturn) return false;
  const dot = at - (hasCarriageReturn ? 2 : 1);
  return bytes[dot] === DOT && bytes[dot - 1] === BACKSLASH;
}
