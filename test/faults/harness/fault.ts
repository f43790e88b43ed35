import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 10;
const PATIENCE_MS = 60_000;

/** A fault that a test has armed. A test asserts that it fired: one that never did proves nothing. */
export class Fault {
  readonly name: string;
  #fired = 0;
  #left: number;
  #release: () => void = () => {};
  /** Resolves once `release` was called; for faults that hold something up. */
  readonly released = new Promise<void>((resolve) => {
    this.#release = resolve;
  });

  /** `times`: how often it may fire. */
  constructor(name: string, times: number) {
    this.name = name;
    this.#left = times;
  }

  get fired(): number {
    return this.#fired;
  }

  get isArmed(): boolean {
    return this.#left > 0;
  }

  /** Takes one of the times that it may fire; false: there is none left. */
  claim(): boolean {
    if (this.#left <= 0) return false;
    this.#left -= 1;
    return true;
  }

  /** It has had its effect. */
  countFired(): void {
    this.#fired += 1;
  }

  /** Lets go of what it holds up. */
  release(): void {
    this.#release();
  }

  /** Fires no more; what it holds up goes on. */
  disarm(): void {
    this.#left = 0;
    this.release();
  }

  async waitUntilFired(times = 1): Promise<void> {
    const giveUpAt = Date.now() + PATIENCE_MS;
    while (this.#fired < times) {
      if (Date.now() > giveUpAt) throw new Error(`the fault ${this.name} fired ${this.#fired} times only`);
      await sleep(POLL_MS);
    }
  }
}
