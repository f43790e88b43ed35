import { createPostgresBackend, type Job, Worker } from 'bullmq';
import { queueBackend, queueName } from './connection.js';
import type { WakeJob } from './load-queue.js';

export interface LoadWorkerOptions {
  queueUrl: string;
  env: string;
  /** Loads at once. */
  concurrency: number;
  /** Must not throw for what a load may meet: a job is only a wake-up, and its failure is nobody's answer. */
  onWake: (loadId: string) => Promise<void>;
  /** Hears of a few errors a second at most. */
  onError: (error: Error) => void;
}

/** A consumer of one environment's wake-ups. */
export interface LoadWorker {
  /** Takes no more jobs; jobs under way go on. */
  pause(): Promise<void>;
  /** Closes without waiting for jobs: worker.close() by itself has no time limit. */
  close(): Promise<void>;
  isReady(): Promise<void>;
}

/** A redelivered wake-up is harmless (the load's lease decides), so that one may be redelivered often. */
const MAX_STALLED_COUNT = 1_000;
/** So many errors within a second are a consumer that spins, not one that has trouble. */
const ERRORS_OF_A_SPIN = 5;
const SPIN_WINDOW_MS = 1_000;
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 30_000;
/** After this long without a spin the next one begins with the first back-off again. */
const CALM_MS = 60_000;

export function openLoadWorker(options: LoadWorkerOptions): LoadWorker {
  return new SupervisedWorker(options);
}

type Consumer = Pick<Worker, 'pause' | 'close'> & { waitUntilReady(): Promise<unknown> };

/**
 * Replaces a consumer that spins. Hazard: where BullMQ's PostgreSQL backend can't connect at its start it keeps that
 * failure, and its main loop meets it again and again without a pause, which blocks the event loop. Closing it from
 * within its own error event ends the loop.
 */
class SupervisedWorker implements LoadWorker {
  readonly #options: LoadWorkerOptions;
  #consumer: Consumer;
  #errorTimes: number[] = [];
  #backoffMs = FIRST_BACKOFF_MS;
  #lastSpinAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: LoadWorkerOptions) {
    this.#options = options;
    this.#consumer = this.#open();
  }

  async pause(): Promise<void> {
    this.#stop();
    await this.#consumer.pause(true);
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#consumer.close(true);
  }

  async isReady(): Promise<void> {
    await this.#consumer.waitUntilReady();
  }

  #stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #open(): Consumer {
    const consumer = openConsumer(this.#options, (error) => this.#onError(consumer, error));
    return consumer;
  }

  #onError(consumer: Consumer, error: Error): void {
    if (consumer !== this.#consumer || this.#timer !== undefined) return;
    const now = Date.now();
    this.#errorTimes = [...this.#errorTimes.filter((time) => time > now - SPIN_WINDOW_MS), now];
    this.#options.onError(error);
    if (this.#errorTimes.length >= ERRORS_OF_A_SPIN && !this.#isStopped) this.#replace(consumer, now);
  }

  #replace(spinning: Consumer, now: number): void {
    if (now - this.#lastSpinAt > CALM_MS) this.#backoffMs = FIRST_BACKOFF_MS;
    this.#lastSpinAt = now;
    this.#errorTimes = [];
    spinning.close(true).catch(() => {});
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isStopped) this.#consumer = this.#open();
    }, this.#backoffMs);
    this.#backoffMs = Math.min(2 * this.#backoffMs, LONGEST_BACKOFF_MS);
  }
}

function openConsumer(
  { queueUrl, env, concurrency, onWake }: LoadWorkerOptions,
  onError: (error: Error) => void,
): Consumer {
  const backend = queueBackend(queueUrl, 'worker');
  const options = { concurrency, maxStalledCount: MAX_STALLED_COUNT };
  const process = (job: Job<WakeJob>) => onWake(job.data.loadId);
  const name = queueName(env);
  if (backend.kind === 'redis') {
    const worker = new Worker<WakeJob>(name, process, { ...options, connection: backend.connection });
    return worker.on('error', onError);
  }
  const connection = { ...options, connection: backend.connection };
  return new Worker(name, process, connection, createPostgresBackend).on('error', onError);
}
