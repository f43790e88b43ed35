const HEADER_BYTES = 5;
const STARTUP_HEADER_BYTES = 4;
/** Longer statements are cut: rules look at how a statement begins. */
const MAX_TEXT_BYTES = 4_096;
const QUERY = 'Q';
const PARSE = 'P';

/**
 * Reads the statements out of what a PostgreSQL client sends: simple queries and the Parse message of prepared ones.
 * Source: PostgreSQL's documentation, "Message Formats". Every message has a type byte and a length, except the first.
 */
export class PostgresMessages {
  #isStarted = false;
  #pending: Buffer = Buffer.alloc(0);
  #toSkip = 0;

  /** The texts of the statements that end within `chunk`. */
  read(chunk: Buffer): string[] {
    const texts: string[] = [];
    let rest = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (;;) {
      if (this.#toSkip > 0) {
        const skipped = Math.min(this.#toSkip, rest.length);
        this.#toSkip -= skipped;
        rest = rest.subarray(skipped);
      }
      const message = this.#toSkip === 0 ? this.#readMessage(rest) : null;
      if (message === null) break;
      if (message.text !== null) texts.push(message.text);
      this.#toSkip = Math.max(0, message.sizeBytes - rest.length);
      rest = rest.subarray(message.sizeBytes);
    }
    this.#pending = Buffer.from(rest);
    return texts;
  }

  /** The next message, as soon as what is looked at of it is there. COPY data is not waited for. */
  #readMessage(bytes: Buffer): { sizeBytes: number; text: string | null } | null {
    if (!this.#isStarted) return this.#readStartup(bytes);
    if (bytes.length < HEADER_BYTES) return null;
    const sizeBytes = 1 + bytes.readUInt32BE(1);
    const type = String.fromCharCode(bytes[0] ?? 0);
    if (type !== QUERY && type !== PARSE) return { sizeBytes, text: null };
    if (bytes.length < sizeBytes) return null;
    const body = bytes.subarray(HEADER_BYTES, Math.min(sizeBytes, HEADER_BYTES + MAX_TEXT_BYTES)).toString();
    const [first = '', second = ''] = body.split('\0', 2);
    return { sizeBytes, text: type === QUERY ? first : second };
  }

  #readStartup(bytes: Buffer): { sizeBytes: number; text: null } | null {
    if (bytes.length < STARTUP_HEADER_BYTES) return null;
    const sizeBytes = bytes.readUInt32BE(0);
    if (bytes.length < sizeBytes) return null;
    this.#isStarted = true;
    return { sizeBytes, text: null };
  }
}
