import { EventEmitter, once } from 'node:events';
import type { LoadChanges } from '../../src/loads/store.js';

const DEADLINE_MS = 10_000;

/** Stands for those who listen for every load. */
export const ALL_LOADS = '*';

/** Counts who listens for the changes of each load. */
export class Listeners implements LoadChanges {
  readonly #counts = new Map<string, number>();
  readonly #changed = new EventEmitter().setMaxListeners(0);

  constructor(private readonly changes: LoadChanges) {}

  subscribe(id: string, onChange: () => void): () => void {
    const unsubscribe = this.changes.subscribe(id, onChange);
    this.#add(id, 1);
    return () => {
      unsubscribe();
      this.#add(id, -1);
    };
  }

  subscribeAll(onChange: (id: string | null) => void): () => void {
    const unsubscribe = this.changes.subscribeAll(onChange);
    this.#add(ALL_LOADS, 1);
    return () => {
      unsubscribe();
      this.#add(ALL_LOADS, -1);
    };
  }

  /** Resolves when so many listen for a load. */
  async reached(id: string, count: number): Promise<void> {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    while ((this.#counts.get(id) ?? 0) !== count) await once(this.#changed, 'count', { signal });
  }

  #add(id: string, change: number): void {
    this.#counts.set(id, (this.#counts.get(id) ?? 0) + change);
    this.#changed.emit('count');
  }
}
