import type { Load } from '../loads/load.js';
import { isTerminal } from '../loads/load-status.js';
import { Doorbell } from './doorbell.js';
import type { LoadOperations } from './operations.js';

export const HEARTBEAT_MS = 15_000;

/** A load each time that it changes, from now until it is terminal, the feed is closed or the app stops. */
export class LoadFeed {
  readonly #bell: Doorbell;

  constructor(
    private readonly service: Pick<LoadOperations, 'get' | 'subscribe'>,
    private readonly id: string,
    stop: AbortSignal,
  ) {
    this.#bell = new Doorbell(stop);
    this.#bell.ring();
  }

  close(): void {
    this.#bell.close();
  }

  /** Yields null where nothing changed for a heartbeat. Ends, too, when the load's record is gone. */
  async *changes(): AsyncGenerator<Load | null> {
    const unsubscribe = this.service.subscribe(this.id, () => this.#bell.ring());
    try {
      let sent = '';
      while (!this.#bell.isClosed) {
        const hasNews = await this.#bell.rang(HEARTBEAT_MS);
        if (this.#bell.isClosed) return;
        if (!hasNews) {
          yield null;
          continue;
        }
        const load = await this.service.get(this.id);
        if (!load) return;
        const current = `${load.attempt}-${load.version}`;
        if (current !== sent) yield load;
        sent = current;
        if (isTerminal(load.status)) return;
      }
    } finally {
      unsubscribe();
      this.close();
    }
  }
}
