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

export function openLoadWorker({
  queueUrl,
  env,
  concurrency,
  onWake,
  onError,
}: LoadWorkerOptions): LoadWorker {
  const backend = queueBackend(queueUrl, 'worker');
  const options = { concurrency, maxStalledCount: MAX_STALLED_COUNT };
  const process = (job: Job<WakeJob>) => onWake(job.data.loadId);
  const worker =
    backend.kind === 'redis'
      ? new Worker<WakeJob>(queueName(env), process, { ...options, connection: backend.connection })
      : new Worker(
          queueName(env),
          process,
          { ...options, connection: backend.connection },
          createPostgresBackend,
        );
  worker.on('error', onError);
  return {
    pause: () => worker.pause(true),
    close: () => worker.close(true),
    isReady: async () => {
      await worker.waitUntilReady();
    },
  };
}
