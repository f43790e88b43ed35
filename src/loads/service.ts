import type { Logger } from 'pino';
import type { Config } from '../config/types.js';
import { traceFields } from '../tracing/trace-parent.js';
import { BackgroundWakes } from './background-wakes.js';
import { CopydockError } from './errors.js';
import { WaitingExplainer } from './explain-waiting.js';
import type { Load, LogLine } from './load.js';
import type { Pause, PauseRequest } from './pause.js';
import { prepareLoad, type Submission } from './prepare-load.js';
import type { RejectPage } from './reject.js';
import type {
  AcceptedLoad,
  CancelOutcome,
  LoadChanges,
  LoadFilter,
  LoadQueue,
  LoadStore,
  RetryOutcome,
} from './store.js';
import { type KnownState, waitForChange } from './wait-for-change.js';

export type { Principal } from './principal.js';

export interface LoadServiceParts {
  store: LoadStore;
  queue: LoadQueue;
  changes: LoadChanges;
  config: Config;
  logger: Logger;
}

export interface Submitted {
  load: Load;
  outcome: 'created' | 'replayed' | 'retried';
}

/** All that can be done with loads from outside. Nothing here waits for the queue. */
export class LoadService {
  readonly #store: LoadStore;
  readonly #changes: LoadChanges;
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #wakes: BackgroundWakes;
  readonly #waiting: WaitingExplainer;

  constructor({ store, queue, changes, config, logger }: LoadServiceParts) {
    this.#store = store;
    this.#changes = changes;
    this.#config = config;
    this.#logger = logger;
    this.#wakes = new BackgroundWakes(queue, logger);
    this.#waiting = new WaitingExplainer(store, config.environments);
  }

  /** @throws CopydockError with what is refused */
  async submit(submission: Submission): Promise<Submitted> {
    const accepted = prepareLoad(submission, this.#config);
    const { outcome, load, wake } = await this.#store.accept(accepted);
    if (outcome === 'conflict') throw explainConflict(accepted, load);
    if (outcome === 'created') this.#logAccepted(accepted);
    this.#wakes.send(wake);
    return { outcome, load };
  }

  async get(id: string): Promise<Load | null> {
    const load = await this.#store.get(id);
    return load === null ? null : ((await this.#waiting.explain([load]))[0] ?? null);
  }

  /** Answers once the load differs from `since`, is terminal, `timeoutMs` have passed or `signal` is aborted. */
  waitForChange(id: string, since: KnownState, timeoutMs: number, signal: AbortSignal): Promise<Load | null> {
    const subscribe = (onChange: () => void) => this.subscribe(id, onChange);
    return waitForChange(() => this.get(id), subscribe, since, timeoutMs, signal);
  }

  async list(filter: LoadFilter): Promise<Load[]> {
    return this.#waiting.explain(await this.#store.list(filter));
  }

  logs(id: string, afterSeq: number, limit: number): Promise<LogLine[]> {
    return this.#store.logs(id, afterSeq, limit);
  }

  rejects(id: string, afterSeq: number, limit: number): Promise<RejectPage> {
    return this.#store.rejects(id, afterSeq, limit);
  }

  rejectColumns(id: string): Promise<string[]> {
    return this.#store.rejectColumns(id);
  }

  /** null: no such load. */
  async cancel(id: string): Promise<CancelOutcome | null> {
    const cancelled = await this.#store.cancel(id);
    if (cancelled === null) return null;
    const { wake, ...outcome } = cancelled;
    this.#wakes.send(wake);
    return outcome;
  }

  /** null: no such load. */
  async retry(id: string): Promise<RetryOutcome | null> {
    const retried = await this.#store.retry(id);
    if (retried === null) return null;
    const { wake, ...outcome } = retried;
    this.#wakes.send(wake);
    return outcome;
  }

  pauses(): Promise<Pause[]> {
    return this.#store.pauses();
  }

  /** No load of the environment begins any more; those that have begun go on. */
  async pause(request: PauseRequest): Promise<Pause> {
    this.#requireEnvironment(request.env);
    const pause = await this.#store.pause(request);
    this.#logger.warn(request, 'environment paused');
    return pause;
  }

  /** Loads that waited are begun after the next sweep. Answers the pause that is over; null: there was none. */
  async resume({ env, by }: Pick<PauseRequest, 'env' | 'by'>): Promise<Pause | null> {
    this.#requireEnvironment(env);
    const pause = await this.#store.resume(env);
    if (pause !== null) this.#logger.warn({ env, by, pause }, 'environment resumed');
    return pause;
  }

  /** The names of the environments that are known. */
  environments(): string[] {
    return [...this.#config.environments.keys()];
  }

  #requireEnvironment(env: string): void {
    if (this.#config.environments.has(env)) return;
    const known = this.environments().join(', ');
    throw new CopydockError('not_found', `There is no environment ${env}; known are ${known}.`, {
      field: 'env',
    });
  }

  /** Calls `onChange` after each change of the load; returns the way to stop. */
  subscribe(id: string, onChange: () => void): () => void {
    return this.#changes.subscribe(id, onChange);
  }

  /** The same for every load, new ones too. Without an id: any of them may have changed. */
  subscribeAll(onChange: (id: string | null) => void): () => void {
    return this.#changes.subscribeAll(onChange);
  }

  isReady(): Promise<boolean> {
    return this.#store.isReady();
  }

  /** Resolves when the wake-ups under way are sent or have failed. */
  settle(): Promise<void> {
    return this.#wakes.settle();
  }

  #logAccepted({ id, request, logLines, warnings, traceParent }: AcceptedLoad): void {
    const logger = this.#logger.child({ load_id: id, env: request.env, ...traceFields(traceParent) });
    for (const line of logLines) logger.info(line);
    for (const warning of warnings) logger.warn(warning);
  }
}

function explainConflict(accepted: AcceptedLoad, { id }: Load): CopydockError {
  const what = accepted.idempotencyKey === null ? 'This id' : 'This Idempotency-Key';
  return new CopydockError('idempotency_conflict', `${what} was used for another request, load ${id}.`, {
    field: accepted.idempotencyKey === null ? 'id' : 'Idempotency-Key',
    hint: 'Send the same body to get the same load, or use a new id or key.',
  });
}
