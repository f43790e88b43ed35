/** Exact numbers of bytes out of chunks of any size. It holds no more than what was asked for and one chunk. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #isOver = false;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Whether so many bytes are left. */
  async has(count: number): Promise<boolean> {
    while (this.#heldBytes < count && !this.#isOver) {
      const { value, done } = await this.#chunks.next();
      if (done === true) this.#isOver = true;
      else {
        this.#held.push(value);
        this.#heldBytes += value.length;
      }
    }
    return this.#heldBytes >= count;
  }

  /** Takes so many bytes, or fewer where the source ends before. */
  async takeUpTo(count: number): Promise<Buffer> {
    await this.has(count);
    const [only] = this.#held;
    const all = this.#held.length === 1 && only !== undefined ? only : Buffer.concat(this.#held);
    const taken = all.subarray(0, count);
    const rest = all.subarray(taken.length);
    this.#held = rest.length === 0 ? [] : [rest];
    this.#heldBytes = rest.length;
    return taken;
  }

  /** Gives bytes back, to be taken again. */
  giveBack(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#held.unshift(bytes);
    this.#heldBytes += bytes.length;
  }

  /** All that is left, chunk by chunk. */
  async *rest(): AsyncGenerator<Buffer> {
    try {
      while (this.#held.length > 0 || !this.#isOver) {
        const held = this.#held;
        this.#held = [];
        this.#heldBytes = 0;
        yield* held;
        await this.has(1);
      }
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await this.#chunks.return?.();
  }
}
