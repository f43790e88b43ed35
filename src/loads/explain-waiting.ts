import type { EnvironmentConfig } from '../config/types.js';
import { isTerminal, type Load, type WaitingFor } from './load.js';
import type { EnvironmentUse, LoadStore } from './store.js';

const FRESH_MS = 1_000;

type Store = Pick<LoadStore, 'environmentUse' | 'findTurnless'>;

/** Says of unfinished loads what no worker could write down: why none works on them. */
export class WaitingExplainer {
  readonly #store: Store;
  readonly #environments: ReadonlyMap<string, Pick<EnvironmentConfig, 'maxActiveLoads'>>;
  #known: Promise<Map<string, EnvironmentUse>> = Promise.resolve(new Map());
  #knownAtMs = Number.NEGATIVE_INFINITY;

  constructor(store: Store, environments: ReadonlyMap<string, Pick<EnvironmentConfig, 'maxActiveLoads'>>) {
    this.#store = store;
    this.#environments = environments;
  }

  async explain(loads: readonly Load[]): Promise<Load[]> {
    if (loads.every(({ status }) => isTerminal(status))) return [...loads];
    const uses = await this.#readUse();
    const queued = loads.filter((load) => load.status === 'queued' && load.waiting_for === null);
    const turnless = queued.length === 0 ? [] : await this.#store.findTurnless(queued.map(({ id }) => id));
    return loads.map((load) => {
      if (isTerminal(load.status)) return load;
      const waitingFor = this.#explain(load, uses.get(load.env), turnless.includes(load.id));
      return waitingFor === null ? load : { ...load, waiting_for: waitingFor };
    });
  }

  #explain({ status, env }: Load, use: EnvironmentUse | undefined, isTurnless: boolean): WaitingFor | null {
    if (use === undefined) return { reason: 'worker', detail: `No live worker serves ${env}.` };
    if (isTurnless)
      return { reason: 'earlier_load', detail: 'Several earlier loads of the same rows are unfinished.' };
    const limit = this.#environments.get(env)?.maxActiveLoads;
    if (status !== 'queued' || limit === undefined || use.activeLoads < limit) return null;
    const detail = `As many loads of ${env} are worked on as it allows: ${limit} (max_active_loads).`;
    return { reason: 'limit', detail };
  }

  /** Asked at most once a second whatever the number of readers. */
  #readUse(): Promise<Map<string, EnvironmentUse>> {
    const nowMs = performance.now();
    if (nowMs - this.#knownAtMs < FRESH_MS) return this.#known;
    this.#knownAtMs = nowMs;
    this.#known = this.#store.environmentUse();
    this.#known.catch(() => {
      this.#knownAtMs = Number.NEGATIVE_INFINITY;
    });
    return this.#known;
  }
}
