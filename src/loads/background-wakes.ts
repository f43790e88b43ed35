import type { Logger } from 'pino';
import type { LoadQueue, Wake } from './store.js';

/** Sends wake-ups that no answer waits for. A failed one is only logged: the sweep makes it good. */
export class BackgroundWakes {
  readonly #queue: LoadQueue;
  readonly #logger: Logger;
  readonly #underWay = new Set<Promise<void>>();

  constructor(queue: LoadQueue, logger: Logger) {
    this.#queue = queue;
    this.#logger = logger;
  }

  send(wake: Wake | null): void {
    if (wake === null) return;
    const sending = this.#queue
      .wake(wake)
      .catch((error: unknown) => {
        this.#logger.warn(
          { err: error, load_id: wake.id, env: wake.env },
          'wake-up not sent; the sweep will',
        );
      })
      .finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  /** Resolves when those under way are sent or have failed. */
  async settle(): Promise<void> {
    await Promise.all(this.#underWay);
  }
}
