import type { BlockScanner } from './block-scanner.js';
import { CR, LF, LINE_BYTE, type LineEnd } from './line-byte.js';

const SPACE = 0x20;

export interface ScannerOptions {
  /** One ASCII byte each. */
  quote: number;
  escape: number;
  delimiter: number;
  lineEnd: LineEnd;
}

/**
 * Finds where records end, chunk by chunk, by the rules of PostgreSQL's own CSV reader (CopyReadLineText in
 * copyfromparse.c): a quote anywhere toggles, an escape makes the next quote plain within quotes, a line end outside
 * quotes ends the record. It never looks into fields, but notes quotes that open in the middle of one, by which readers
 * differ.
 */
export class RecordScanner {
  /** Complete records so far. */
  records = 0;
  /** Line ends so far, those within quotes included. */
  lines = 0;
  /** Bytes up to the end of the last complete record, and the figures as they were there. */
  recordEnd = 0;
  linesAtRecordEnd = 0;
  /** Line (0-based) of the first quote that opens after other characters of its field: COPY leaves it out of the value. */
  strayQuoteLine: number | null = null;
  /**
   * Line of the first quote that merges lines, as far as that can be known: one that opens in the middle of a field and is not
   * closed on its line, or one whose end, lines further on, stands in the middle of a field. COPY takes them for one record.
   */
  mergingQuoteLine: number | null = null;

  readonly #options: ScannerOptions;
  readonly #blocks: BlockScanner | null;
  #position = 0;
  #inQuotes = false;
  #isEscaped = false;
  #openStrayLine: number | null = null;
  /** Where escapes are not doubled quotes: the line of the quote that opened last; whether the byte before closed it. */
  #openLine = 0;
  #isJustClosed = false;

  /** `blocks`: scans what stands in its memory; other bytes are scanned here. */
  constructor(options: ScannerOptions, blocks: BlockScanner | null = null) {
    this.#options = options;
    this.#blocks = blocks;
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
    const lineEnd = LINE_BYTE[this.#options.lineEnd];
    for (let at = this.#scanBlocks(bytes, from, to, lineEnd); at < to; at += 1) {
      const byte = bytes[at];
      if (byte === quote) {
        this.#inQuotes = !this.#inQuotes;
        if (this.#inQuotes) this.#openQuotes(bytes, from, at);
        else this.#openStrayLine = null;
        continue;
      }
      if (!this.#inQuotes && bytes[at - 1] === quote && this.#isOddAfterClose(byte)) {
        this.#noteMerge(this.lines - this.#linesSinceOpening(bytes, from, at));
      }
      if (byte === lineEnd) this.#endLine(from, at);
    }
  }

  /**
   * Answers from where on the bytes are still to be scanned. Where a quote may open in the middle of a field that is all
   * of them: it is not looked for in blocks.
   */
  #scanBlocks(bytes: Uint8Array, from: number, to: number, lineEnd: number): number {
    const { quote, delimiter } = this.#options;
    const before = bytes[from - 1];
    const scanned = this.#blocks?.scan(bytes, from, to, {
      quote,
      delimiter,
      lineEnd,
      isInQuotes: this.#inQuotes,
      followsClose: this.#position > this.recordEnd && !this.#inQuotes && before === quote,
      beginsField: this.#position === 0 || before === delimiter || before === quote || before === lineEnd,
    });
    if (!scanned || this.#openStrayLine !== null) return from;
    const isAllNoted = this.mergingQuoteLine !== null && this.strayQuoteLine !== null;
    if (scanned.hasOddQuote && !isAllNoted) return from;
    if (scanned.records > 0) {
      this.records += scanned.records;
      this.recordEnd = this.#position + scanned.recordEnd;
      this.linesAtRecordEnd = this.lines + scanned.linesAtRecordEnd;
    }
    this.lines += scanned.lines;
    this.#inQuotes = scanned.isInQuotes;
    return scanned.to;
  }

  #scanEscaped(bytes: Uint8Array, from: number, to: number): void {
    const { quote, escape: escapeByte } = this.#options;
    const lineEnd = LINE_BYTE[this.#options.lineEnd];
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at];
      if (this.#inQuotes && byte === escapeByte) this.#isEscaped = !this.#isEscaped;
      if (byte === quote && !this.#isEscaped) {
        this.#inQuotes = !this.#inQuotes;
        if (this.#inQuotes) this.#openQuotes(bytes, from, at);
        else this.#openStrayLine = null;
        if (this.#inQuotes) this.#openLine = this.lines;
      } else if (this.#isJustClosed && this.#isOddAfterClose(byte)) this.#noteMerge(this.#openLine);
      this.#isJustClosed = byte === quote && !this.#inQuotes;
      if (byte !== escapeByte) this.#isEscaped = false;
      if (byte === lineEnd) this.#endLine(from, at);
    }
  }

  /** A quote that opens: well at the beginning of a field (after spaces, too) and as the second half of a doubled one. */
  #openQuotes(bytes: Uint8Array, from: number, at: number): void {
    const { quote, escape: escapeByte, delimiter } = this.#options;
    if (bytes[at - 1] === delimiter) return;
    const start = at - (this.#position + (at - from) - this.recordEnd);
    if (quote === escapeByte && at > start && bytes[at - 1] === quote) return;
    let before = at - 1;
    while (before >= start && bytes[before] === SPACE && delimiter !== SPACE) before -= 1;
    if (before < start || bytes[before] === delimiter) return;
    this.strayQuoteLine ??= this.lines;
    this.#openStrayLine = this.lines;
  }

  /** Spaces may stand between a quote that closes and the end of its field. */
  #isOddAfterClose(byte: number | undefined): boolean {
    const { delimiter } = this.#options;
    return byte !== delimiter && byte !== LF && byte !== CR && byte !== SPACE;
  }

  /** Of a quote that has closed just before `at`: how many line ends it encloses. A run of quotes within is doubled ones. */
  #linesSinceOpening(bytes: Uint8Array, from: number, at: number): number {
    const { quote } = this.#options;
    const lineEnd = LINE_BYTE[this.#options.lineEnd];
    const start = from - this.#position + this.recordEnd;
    let isInside = false;
    let lines = 0;
    for (let before = at - 1; before >= start; before -= 1) {
      if (bytes[before] === lineEnd) lines += 1;
      if (bytes[before] !== quote) continue;
      isInside = !isInside;
      if (!isInside && bytes[before - 1] !== quote) break;
    }
    return lines;
  }

  #noteMerge(openLine: number): void {
    if (openLine < this.lines) this.mergingQuoteLine ??= openLine;
  }

  #endLine(from: number, at: number): void {
    this.lines += 1;
    if (!this.#inQuotes) this.#endRecord(this.#position + (at - from) + 1, this.lines);
    else if (this.#openStrayLine !== null) this.mergingQuoteLine ??= this.#openStrayLine;
  }

  #endRecord(end: number, lines: number): void {
    this.records += 1;
    this.recordEnd = end;
    this.linesAtRecordEnd = lines;
  }
}
