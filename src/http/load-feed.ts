import { isTerminal, type Load } from '../loads/load.js';
import type { LoadOperations } from './operations.js';

const HEARTBEAT_MS = 15_000;

/** A load each time that it changes, from now until it is terminal, the feed is closed or the app stops. */
export class LoadFeed {
  readonly #stop: AbortSignal;
  readonly #close = () => this.close();
  #closed = false;
  #changed = true;
  #wake: (() => void) | null = null;

  constructor(
    private readonly service: Pick<LoadOperations, 'get' | 'subscribe'>,
    private readonly id: string,
    stop: AbortSignal,
  ) {
    this.#stop = stop;
    stop.addEventListener('abort', this.#close, { once: true });
    if (stop.aborted) this.#closed = true;
  }

  close(): void {
    this.#closed = true;
    this.#stop.removeEventListener('abort', this.#close);
    this.#wake?.();
  }

  /** Yields null where nothing changed for a heartbeat. Ends, too, when the load's record is gone. */
  async *changes(): AsyncGenerator<Load | null> {
    const unsubscribe = this.service.subscribe(this.id, () => {
      this.#changed = true;
      this.#wake?.();
    });
    try {
      let sent = '';
      while (!this.#closed) {
        if (!this.#changed) await this.#nextWake();
        if (this.#closed) return;
        if (!this.#changed) {
          yield null;
          continue;
        }
        this.#changed = false;
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

  #nextWake(): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(end, HEARTBEAT_MS);
      this.#wake = end;
    });
  }
}
