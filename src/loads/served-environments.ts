import type { Load } from './load.js';
import { isTerminal } from './load.js';
import type { LoadStore } from './store.js';

const FRESH_MS = 1_000;

/** Which environments have a live worker, asked at most once a second whatever the number of readers. */
export class ServedEnvironments {
  readonly #store: Pick<LoadStore, 'servedEnvironments'>;
  #known: Promise<Set<string>> = Promise.resolve(new Set());
  #knownAtMs = Number.NEGATIVE_INFINITY;

  constructor(store: Pick<LoadStore, 'servedEnvironments'>) {
    this.#store = store;
  }

  /** The load, which waits for a worker if it is unfinished and none could take it. */
  async explainWaiting(load: Load): Promise<Load> {
    if (isTerminal(load.status) || (await this.#read()).has(load.env)) return load;
    const detail = `No live worker serves ${load.env}.`;
    return { ...load, waiting_for: { reason: 'worker', detail } };
  }

  #read(): Promise<Set<string>> {
    const nowMs = performance.now();
    if (nowMs - this.#knownAtMs < FRESH_MS) return this.#known;
    this.#knownAtMs = nowMs;
    this.#known = this.#store.servedEnvironments();
    this.#known.catch(() => {
      this.#knownAtMs = Number.NEGATIVE_INFINITY;
    });
    return this.#known;
  }
}
