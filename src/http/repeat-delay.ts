const DELAY_MS = 1_000;
const REMEMBERED = 10_000;

/**
 * Slows down clients that ask again at once for what will not change: Airflow's deferrable sensor repeats a 409 or 410
 * hundreds of times a second. The first answer of a key comes at once, each later one a second late.
 */
export class RepeatDelay {
  /** In the order of last use, so the oldest is forgotten first. */
  readonly #answered = new Set<string>();

  async beforeAnswer(key: string, signal: AbortSignal): Promise<void> {
    const repeated = this.#answered.delete(key);
    this.#answered.add(key);
    if (this.#answered.size > REMEMBERED) this.#forgetOldest();
    if (repeated) await pause(signal);
  }

  #forgetOldest(): void {
    for (const key of this.#answered) {
      this.#answered.delete(key);
      return;
    }
  }
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, DELAY_MS);
    signal.addEventListener('abort', end, { once: true });
  });
}
