import type { EnvironmentConfig } from '../config/types.js';
import type { Load, WaitingFor } from './load.js';
import { isTerminal } from './load-status.js';
import { describePause, type Pause } from './pause.js';
import type { EnvironmentUse, LoadStore } from './store.js';

const FRESH_MS = 1_000;

type Store = Pick<LoadStore, 'environmentUse' | 'hasNoTurn' | 'pauses'>;

interface Known {
  uses: Map<string, EnvironmentUse>;
  pauses: Pause[];
}

/** Says of unfinished loads what no worker could write down: why none works on them. */
export class WaitingExplainer {
  readonly #store: Store;
  readonly #environments: ReadonlyMap<string, Pick<EnvironmentConfig, 'maxActiveLoads'>>;
  #known: Promise<Known> = Promise.resolve({ uses: new Map(), pauses: [] });
  #knownAtMs = Number.NEGATIVE_INFINITY;
  /** By load; as old as what else is known. */
  #turns = new Map<string, Promise<boolean>>();

  constructor(store: Store, environments: ReadonlyMap<string, Pick<EnvironmentConfig, 'maxActiveLoads'>>) {
    this.#store = store;
    this.#environments = environments;
  }

  async explain(loads: readonly Load[]): Promise<Load[]> {
    if (loads.every(({ status }) => isTerminal(status))) return [...loads];
    const { uses, pauses } = await this.#readKnown();
    const queued = loads.filter((load) => load.status === 'queued' && load.waiting_for === null);
    const turnless = new Set<string>();
    await Promise.all(queued.map(async ({ id }) => (await this.#hasNoTurn(id)) && turnless.add(id)));
    return loads.map((load) => {
      if (isTerminal(load.status)) return load;
      const pause = pauses.find(({ env }) => env === load.env);
      if (pause !== undefined && load.status === 'queued') {
        return { ...load, waiting_for: { reason: 'paused', detail: describePause(pause) } };
      }
      const waitingFor = this.#explain(load, uses.get(load.env), turnless.has(load.id));
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
  #readKnown(): Promise<Known> {
    const nowMs = performance.now();
    if (nowMs - this.#knownAtMs < FRESH_MS) return this.#known;
    this.#knownAtMs = nowMs;
    this.#known = this.#read();
    this.#turns = new Map();
    this.#known.catch(() => {
      this.#knownAtMs = Number.NEGATIVE_INFINITY;
    });
    return this.#known;
  }

  /** Asked at most once a second for each load. */
  #hasNoTurn(id: string): Promise<boolean> {
    const turns = this.#turns;
    const known = turns.get(id);
    if (known !== undefined) return known;
    const asked = this.#store.hasNoTurn(id);
    turns.set(id, asked);
    asked.catch(() => turns.delete(id));
    return asked;
  }

  async #read(): Promise<Known> {
    const [uses, pauses] = await Promise.all([this.#store.environmentUse(), this.#store.pauses()]);
    return { uses, pauses };
  }
}
