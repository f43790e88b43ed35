import { Gauge, type Registry } from 'prom-client';
import type { Fleet } from '../loads/fleet.js';

const KEEP_MS = 2_000;

/**
 * Gauges that are read when somebody asks for the metrics, at most every two seconds. Where the control database does
 * not answer they are left out, and `copydock_control_database_up` is 0: the rest of the page still comes.
 */
export class FleetMetrics {
  readonly #read: () => Promise<Fleet>;
  readonly #up: Gauge;
  readonly #unfinished: Gauge<'env' | 'status' | 'waiting_for'>;
  readonly #oldest: Gauge<'env' | 'status' | 'waiting_for'>;
  readonly #ended: Gauge<'env' | 'status'>;
  readonly #workers: Gauge<'env'>;
  readonly #paused: Gauge<'env'>;
  readonly #undelivered: Gauge<'env'>;
  readonly #oldestUndelivered: Gauge<'env'>;
  readonly #unclean: Gauge;
  readonly #queue: Gauge<'env' | 'state'>;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | null = null;

  constructor(registry: Registry, read: () => Promise<Fleet>) {
    this.#read = read;
    const gauge = <T extends string>(name: string, help: string, labelNames: T[]) =>
      new Gauge({ name: `copydock_${name}`, help, labelNames, registers: [registry] });
    this.#up = gauge('control_database_up', 'Whether the control database answered this process.', []);
    const loadLabels: ('env' | 'status' | 'waiting_for')[] = ['env', 'status', 'waiting_for'];
    this.#unfinished = gauge(
      'loads',
      'Loads that have not ended, by status and what they wait for.',
      loadLabels,
    );
    this.#oldest = gauge('oldest_load_age_seconds', 'Age of the oldest of these loads.', loadLabels);
    this.#ended = gauge('loads_ended_last_hour', 'Loads that ended within the last hour.', ['env', 'status']);
    this.#workers = gauge('workers', 'Live workers that serve the environment.', ['env']);
    this.#paused = gauge('environment_paused', '1 of an environment in which no load begins.', ['env']);
    this.#undelivered = gauge('webhook_events_undelivered', 'Ends of loads still to be told.', ['env']);
    this.#oldestUndelivered = gauge(
      'webhook_oldest_undelivered_seconds',
      'Age of the oldest end of a load that is still to be told.',
      ['env'],
    );
    this.#unclean = gauge('unclean_plans', 'Ended loads whose staging is still to be cleaned up.', []);
    this.#queue = gauge('queue_jobs', 'Wake-ups in the queue, by state.', ['env', 'state']);
  }

  /** Brings the gauges up to date. Never rejects. */
  async refresh(): Promise<void> {
    if (performance.now() - this.#readAt < KEEP_MS) return;
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  }

  async #readOnce(): Promise<void> {
    const fleet = await this.#read().catch(() => null);
    for (const gauge of [
      this.#unfinished,
      this.#oldest,
      this.#ended,
      this.#workers,
      this.#paused,
      this.#undelivered,
      this.#oldestUndelivered,
      this.#queue,
    ])
      gauge.reset();
    this.#up.set(fleet === null ? 0 : 1);
    if (fleet === null) return this.#unclean.remove();
    for (const { env, status, waitingFor, loads, oldestSeconds } of fleet.unfinished) {
      const labels = { env, status, waiting_for: waitingFor };
      this.#unfinished.set(labels, loads);
      this.#oldest.set(labels, oldestSeconds);
    }
    for (const { env, status, loads } of fleet.ended) this.#ended.set({ env, status }, loads);
    for (const { env, workers } of fleet.workers) this.#workers.set({ env }, workers);
    for (const env of fleet.paused) this.#paused.set({ env }, 1);
    for (const { env, events, oldestSeconds } of fleet.undelivered) {
      this.#undelivered.set({ env }, events);
      this.#oldestUndelivered.set({ env }, oldestSeconds);
    }
    for (const { env, state, jobs } of fleet.queue) this.#queue.set({ env, state }, jobs);
    this.#unclean.set(fleet.uncleanPlans);
    this.#readAt = performance.now();
  }
}
