import { setTimeout as delay } from 'node:timers/promises';
import type { Load } from '../loads/load.js';
import { Doorbell } from './doorbell.js';
import { HEARTBEAT_MS } from './load-feed.js';
import type { LoadOperations } from './operations.js';

/** Changes within this time are read together, so that a busy service is asked at most a few times a second. */
const GATHER_MS = 250;
/** What is over this at once is told as missed: reading the list is cheaper then. */
const MOST_LOADS = 200;

export interface News {
  loads: Load[];
  /** Others may have changed too: the list is to be read again. */
  hasMissed: boolean;
}

/** Every load of some environments (null: of all) as it changes, until the feed is closed or the app stops. */
export class AllLoadsFeed {
  readonly #bell: Doorbell;
  #changed = new Set<string>();
  #hasMissed = false;

  constructor(
    private readonly service: Pick<LoadOperations, 'list' | 'subscribeAll'>,
    private readonly environments: string[] | null,
    stop: AbortSignal,
  ) {
    this.#bell = new Doorbell(stop);
  }

  close(): void {
    this.#bell.close();
  }

  /** Yields null at once, as a sign that from now on nothing is left out, and where nothing changed for a heartbeat. */
  async *changes(): AsyncGenerator<News | null> {
    const unsubscribe = this.service.subscribeAll((id) => this.#note(id));
    try {
      yield null;
      while (!this.#bell.isClosed) {
        const hasNews = await this.#bell.rang(HEARTBEAT_MS);
        if (this.#bell.isClosed) return;
        if (hasNews) await delay(GATHER_MS);
        yield hasNews ? await this.#readNews() : null;
      }
    } finally {
      unsubscribe();
      this.close();
    }
  }

  #note(id: string | null): void {
    if (id === null || this.#changed.size >= MOST_LOADS) this.#hasMissed = true;
    else this.#changed.add(id);
    this.#bell.ring();
  }

  async #readNews(): Promise<News> {
    const ids = [...this.#changed];
    const hasMissed = this.#hasMissed;
    this.#changed = new Set();
    this.#hasMissed = false;
    const envs = this.environments ?? undefined;
    const loads = ids.length === 0 ? [] : await this.service.list({ ids, envs, limit: MOST_LOADS });
    return { loads, hasMissed };
  }
}
