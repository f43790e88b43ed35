import type { CsvDialect } from '../cut/dialect.js';
import { CR, LF, LINE_BYTE, type LineEnd } from '../cut/line-byte.js';

export interface NullRewrite {
  dialect: CsvDialect;
  lineEnd: LineEnd;
  /** Whether a column's quoted null string is NULL, too; by position. */
  isForced: readonly boolean[];
}

const CARRIAGE_RETURN_BYTES = 1;
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * COPY knows one spelling of NULL. Where it is not the empty field, an empty field could not become NULL in columns
 * that are not text. So fields are spelled anew on their way: the null string becomes the empty field, and the empty
 * field a quoted empty one, which FORCE_NULL makes NULL where it is to be. Records and line ends stay as
 * they are, but for a last record that would be no byte at all.
 */
export async function* rewriteNulls(
  chunks: AsyncIterable<Buffer>,
  rewrite: NullRewrite,
): AsyncGenerator<Buffer> {
  const rewriter = new FieldRewriter(rewrite);
  for await (const chunk of chunks) {
    const rewritten = rewriter.take(chunk);
    if (rewritten.length > 0) yield rewritten;
  }
  const last = rewriter.finish();
  if (last.length > 0) yield last;
}

class FieldRewriter {
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #escape: number;
  readonly #lineEnd: number;
  readonly #isForced: readonly boolean[];
  readonly #unquotedNull: Buffer;
  readonly #quotedNull: Buffer;
  readonly #quotedEmpty: Buffer;
  /** A field of more bytes is neither a null string nor empty, and goes on as it comes, whatever its size. */
  readonly #longestSpelling: number;
  /** The beginning of the field that is not over yet was handed out. */
  #isLong = false;
  /** The field that is not over yet. */
  #held: Buffer = NOTHING;
  #scanned = 0;
  #column = 0;
  #endsInCrLf = false;
  #inQuotes = false;
  #isEscaped = false;

  constructor({ dialect, lineEnd, isForced }: NullRewrite) {
    const encode = (text: string) => Buffer.from(text, dialect.encoding === 'UTF8' ? 'utf8' : 'latin1');
    this.#delimiter = dialect.delimiter.charCodeAt(0);
    this.#quote = dialect.quote.charCodeAt(0);
    this.#escape = dialect.escape.charCodeAt(0);
    this.#lineEnd = LINE_BYTE[lineEnd];
    this.#isForced = isForced;
    this.#unquotedNull = encode(dialect.nullString);
    this.#quotedNull = encode(dialect.quote + dialect.nullString + dialect.quote);
    this.#quotedEmpty = encode(dialect.quote + dialect.quote);
    this.#longestSpelling = this.#quotedNull.length + CARRIAGE_RETURN_BYTES;
  }

  /** Answers the fields that are over. */
  take(chunk: Buffer): Buffer {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const pieces: Buffer[] = [];
    let copied = 0;
    let fieldStart = 0;
    for (let at = this.#scanned; at < bytes.length; at += 1) {
      if (!this.#endsField(bytes[at] ?? 0)) continue;
      const end = this.#fieldEnd(bytes, fieldStart, at);
      const spelling = this.#respell(bytes.subarray(fieldStart, end));
      if (spelling !== null) {
        pieces.push(bytes.subarray(copied, fieldStart), spelling);
        copied = end;
      }
      if (bytes[at] === this.#lineEnd) this.#endsInCrLf = end < at;
      this.#column = bytes[at] === this.#delimiter ? this.#column + 1 : 0;
      fieldStart = at + 1;
      this.#isLong = false;
    }
    if (this.#isLong || bytes.length - fieldStart > this.#longestSpelling) {
      this.#isLong = true;
      fieldStart = bytes.length;
    }
    pieces.push(bytes.subarray(copied, fieldStart));
    this.#held = bytes.subarray(fieldStart);
    this.#scanned = this.#held.length;
    return pieces.length === 1 ? (pieces[0] ?? NOTHING) : Buffer.concat(pieces);
  }

  /** The last field, where no line end ended it. */
  finish(): Buffer {
    if (this.#isLong || (this.#held.length === 0 && this.#column === 0)) return this.#held;
    const last = this.#respell(this.#held) ?? this.#held;
    return last.length === 0 && this.#column === 0 ? this.#endLine() : last;
  }

  /** A record of nothing but NULL is one only by its line end. */
  #endLine(): Buffer {
    return Buffer.from(this.#endsInCrLf ? [CR, LF] : [this.#lineEnd]);
  }

  #endsField(byte: number): boolean {
    if (this.#inQuotes && byte === this.#escape && this.#escape !== this.#quote) {
      this.#isEscaped = !this.#isEscaped;
      return false;
    }
    if (byte === this.#quote && !this.#isEscaped) this.#inQuotes = !this.#inQuotes;
    this.#isEscaped = false;
    return !this.#inQuotes && (byte === this.#delimiter || byte === this.#lineEnd);
  }

  #fieldEnd(bytes: Buffer, start: number, at: number): number {
    const hasCarriageReturn = bytes[at] === LF && this.#lineEnd === LF && at > start && bytes[at - 1] === CR;
    return hasCarriageReturn ? at - 1 : at;
  }

  /** null: as it is. */
  #respell(field: Buffer): Buffer | null {
    if (this.#isLong) return null;
    if (field.length === 0) return this.#quotedEmpty;
    if (field.length === this.#unquotedNull.length && field.equals(this.#unquotedNull)) return NOTHING;
    const isForced = this.#isForced[this.#column] === true;
    return isForced && field.length === this.#quotedNull.length && field.equals(this.#quotedNull)
      ? NOTHING
      : null;
  }
}
