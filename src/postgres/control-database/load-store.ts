import type pg from 'pg';
import type { Load, LogLine } from '../../loads/load.js';
import type { PauseRequest } from '../../loads/pause.js';
import type { RejectPage } from '../../loads/reject.js';
import type { AcceptedLoad, LoadFilter, LoadStore } from '../../loads/store.js';
import { acceptLoad } from './accept.js';
import { cancelLoad } from './cancel.js';
import { readEnvironmentUse } from './environment-use.js';
import { expireLoads } from './expire.js';
import { JoinedReader } from './joined-reader.js';
import { listLoads } from './list.js';
import { readLog } from './log.js';
import { pauseEnvironment, readPauses, resumeEnvironment } from './pauses.js';
import { readLoads } from './read-loads.js';
import { readRejectColumns, readRejectPage } from './rejects.js';
import { retryLoad } from './retry.js';
import { sweepLoads } from './sweep.js';
import { findTurnless } from './turns.js';
import { withControlErrors } from './unavailable.js';

/** The control database as the API sees it. The pool stays the caller's, to end. */
export class PostgresLoadStore implements LoadStore {
  readonly #pool: pg.Pool;
  readonly #leaseMs: number;
  readonly #loads: JoinedReader<Load>;
  readonly #turnless: JoinedReader<true>;

  constructor(pool: pg.Pool, leaseMs: number) {
    this.#pool = pool;
    this.#leaseMs = leaseMs;
    this.#loads = new JoinedReader((ids) => readLoads(pool, ids));
    this.#turnless = new JoinedReader((ids) => findTurnless(pool, ids));
  }

  accept(load: AcceptedLoad) {
    return acceptLoad(this.#pool, load);
  }

  get(id: string): Promise<Load | null> {
    return withControlErrors(() => this.#loads.get(id));
  }

  list(filter: LoadFilter): Promise<Load[]> {
    return withControlErrors(() => listLoads(this.#pool, filter));
  }

  logs(id: string, afterSeq: number, limit: number): Promise<LogLine[]> {
    return withControlErrors(() => readLog(this.#pool, id, afterSeq, limit));
  }

  rejects(id: string, afterSeq: number, limit: number): Promise<RejectPage> {
    return withControlErrors(() => readRejectPage(this.#pool, id, afterSeq, limit));
  }

  rejectColumns(id: string): Promise<string[]> {
    return withControlErrors(() => readRejectColumns(this.#pool, id));
  }

  cancel(id: string) {
    return cancelLoad(this.#pool, id);
  }

  retry(id: string) {
    return retryLoad(this.#pool, id);
  }

  environmentUse() {
    return withControlErrors(() => readEnvironmentUse(this.#pool));
  }

  pauses() {
    return withControlErrors(() => readPauses(this.#pool));
  }

  pause(request: PauseRequest) {
    return pauseEnvironment(this.#pool, request);
  }

  resume(env: string) {
    return resumeEnvironment(this.#pool, env);
  }

  async hasNoTurn(id: string): Promise<boolean> {
    return (await withControlErrors(() => this.#turnless.get(id))) !== null;
  }

  sweep() {
    return sweepLoads(this.#pool, this.#leaseMs);
  }

  expire(olderThanDays: number) {
    return expireLoads(this.#pool, olderThanDays);
  }

  async isReady(): Promise<boolean> {
    return this.#pool.query('SELECT FROM copydock.control_state').then(
      ({ rowCount }) => rowCount === 1,
      () => false,
    );
  }
}
