/** Something that holds memory until it is let go. */
export interface Held {
  release(): void;
}

/**
 * Lets a generator run so many items ahead of its consumer. Every item is released: a consumed one when the consumer
 * comes for the next or leaves, the others by `stop`.
 */
export class ReadAhead<T extends Held> {
  readonly #source: AsyncGenerator<T>;
  readonly #depth: number;
  readonly #requested: Promise<IteratorResult<T>>[] = [];

  constructor(source: AsyncGenerator<T>, depth: number) {
    this.#source = source;
    this.#depth = depth;
  }

  async *items(): AsyncGenerator<T> {
    for (let ahead = 0; ahead < this.#depth; ahead += 1) this.#request();
    for (;;) {
      this.#request();
      const next = await this.#requested.shift();
      if (next === undefined || next.done === true) return;
      try {
        yield next.value;
      } finally {
        next.value.release();
      }
    }
  }

  /** Waits until the generator is over. Where the consumer left early, what the generator waits for must be aborted before. */
  async stop(): Promise<void> {
    for (const requested of this.#requested.splice(0)) {
      const next = await requested.catch(() => null);
      if (next?.done === false) next.value.release();
    }
    await this.#source.return(undefined).catch(() => {});
  }

  /** A generator answers requests in their order, one after another. */
  #request(): void {
    const requested = this.#source.next();
    requested.catch(() => {});
    this.#requested.push(requested);
  }
}
