import type pg from 'pg';
import type pino from 'pino';
import type { DataSetConfig, EnvironmentConfig } from '../config/types.js';
import type { LoadProgress, LogLine } from '../loads/load.js';
import { canTransition, type LoadStatus } from '../loads/load-status.js';
import type { ClaimedLoad } from '../postgres/control-database/claims.js';
import type { ControlConnection } from '../postgres/control-database/connection.js';
import { appendAttemptLog } from '../postgres/control-database/log.js';
import { reportProgress, transitionLoad } from '../postgres/control-database/transitions.js';
import {
  inTargetTransaction,
  type TargetIdentity,
  type TransactionOptions,
} from '../postgres/target-database/session.js';
import type { WorkerDeps } from './deps.js';
import { type Lease, LoadStopped } from './lease/lease.js';
import type { LoadTrace } from './load-trace.js';
import { PhaseClock } from './phase-clock.js';
import { publishStep } from './steps.js';

const OWN_SCHEMA = 'copydock';
const LOCK_TIMEOUT_MS = 10_000;

/** What a transaction of the target is to have otherwise than usual. */
export type TargetWork = Partial<Omit<TransactionOptions, 'identity'>>;

/** One worker's work on one load, from claim to release: what every step needs. */
export class LoadRun {
  readonly deps: WorkerDeps;
  readonly load: ClaimedLoad;
  readonly lease: Lease;
  readonly env: EnvironmentConfig;
  readonly logger: pino.Logger;
  readonly phases: PhaseClock;
  readonly trace: LoadTrace;
  status: LoadStatus;
  /** The figures last written; null before the source was listed. */
  progress: LoadProgress | null = null;

  constructor(deps: WorkerDeps, load: ClaimedLoad, lease: Lease, trace: LoadTrace) {
    const env = deps.config.environments.get(load.env);
    if (env === undefined) throw new Error(`environment ${load.env} is not configured here`);
    this.deps = deps;
    this.load = load;
    this.lease = lease;
    this.trace = trace;
    this.env = env;
    this.status = load.status;
    this.logger = deps.logger.child({
      load_id: load.id,
      attempt: load.attempt,
      env: load.env,
      data_set: load.dataSet,
      ...trace.fields,
    });
    this.phases = new PhaseClock(load);
  }

  get signal(): AbortSignal {
    return this.lease.signal;
  }

  get control(): ControlConnection {
    return this.deps.control;
  }

  get identity(): TargetIdentity {
    return { loadId: this.load.id, leaseToken: this.load.leaseToken };
  }

  /** What loads of the data set are to save. */
  get prefer(): DataSetConfig['prefer'] {
    return this.deps.config.dataSets.get(this.load.dataSet)?.prefer ?? 'time';
  }

  target(): Promise<pg.Pool> {
    return this.deps.targets.open(this.load.env);
  }

  /** Runs `work` in one transaction of the target, which ends with the work on the load unless a signal is given. */
  async inTarget<T>(options: TargetWork, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const defaults = {
      identity: this.identity,
      schema: OWN_SCHEMA,
      lockTimeoutMs: LOCK_TIMEOUT_MS,
      signal: this.signal,
    };
    return inTargetTransaction(await this.target(), { ...defaults, ...options }, work);
  }

  /** Writes to the load's own log and to the process's. */
  async log(level: LogLine['level'], message: string): Promise<void> {
    this.logger[level === 'warning' ? 'warn' : level](message);
    await appendAttemptLog(this.control, this.load, level, message);
  }

  /** Moves the load on; throws where it is no longer this worker's, or a cancel came first. */
  async transition(to: LoadStatus): Promise<void> {
    if (!canTransition(this.status, to)) throw new Error(`no transition from ${this.status} to ${to}`);
    this.lease.assertHeld();
    if (!(await transitionLoad(this.control, this.load, this.status, to)))
      await this.#explainLostTransition();
    this.status = to;
    this.phases.enter(to);
    if (to === 'copying' || to === 'committing') publishStep(to, this.load.id);
  }

  async report(progress: LoadProgress): Promise<void> {
    this.progress = progress;
    await reportProgress(this.control, this.load, progress);
  }

  // model: explain_lost
  async #explainLostTransition(): Promise<never> {
    const { rows } = await this.control.query<{ isCancelled: boolean }>(
      `SELECT cancel_requested AND lease_token = $2 AND finished_at IS NULL AS "isCancelled"
         FROM copydock.loads WHERE id = $1`,
      [this.load.id, this.load.leaseToken],
    );
    throw new LoadStopped(rows[0]?.isCancelled ? 'cancelled' : 'lease_lost');
  }
}
