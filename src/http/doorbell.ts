/** Rung when there is news for somebody who follows. Closed for good by `close`, or when `stop` is aborted. */
export class Doorbell {
  readonly #stop: AbortSignal;
  readonly #close = () => this.close();
  #isClosed = false;
  #isRung = false;
  #wake: (() => void) | null = null;

  constructor(stop: AbortSignal) {
    this.#stop = stop;
    stop.addEventListener('abort', this.#close, { once: true });
    if (stop.aborted) this.#isClosed = true;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  ring(): void {
    this.#isRung = true;
    this.#wake?.();
  }

  close(): void {
    this.#isClosed = true;
    this.#stop.removeEventListener('abort', this.#close);
    this.#wake?.();
  }

  /** Whether it rang since the last answer; waits for that at most `timeoutMs`, and not once it is closed. */
  async rang(timeoutMs: number): Promise<boolean> {
    if (!this.#isRung && !this.#isClosed) await this.#nextWake(timeoutMs);
    const isRung = this.#isRung && !this.#isClosed;
    this.#isRung = false;
    return isRung;
  }

  #nextWake(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(end, timeoutMs);
      this.#wake = end;
    });
  }
}
