import { setTimeout as sleep } from 'node:timers/promises';
import { createPostgresBackend, Queue } from 'bullmq';
import type { LoadQueue, Wake } from '../loads/store.js';
import { type QueueBackend, queueBackend, queueName } from './connection.js';

/** All that a job carries: which load to look at. Everything else is in PostgreSQL. */
export interface WakeJob {
  loadId: string;
}

const ANSWER_TIMEOUT_MS = 2_000;
const COUNTED_STATES = ['waiting', 'active', 'delayed'] as const;
const CLOSE_TIMEOUT_MS = 2_000;

/** Sends wake-ups through BullMQ. */
export class BullLoadQueue implements LoadQueue {
  readonly #backend: QueueBackend;
  readonly #onError: (error: Error) => void;
  readonly #queues = new Map<string, WakeQueue>();

  constructor(queueUrl: string, onError: (error: Error) => void) {
    this.#backend = queueBackend(queueUrl, 'producer');
    this.#onError = onError;
  }

  /**
   * The job's id is the load's and its wake number, so that one wake-up is never queued twice; it is removed as soon
   * as it is done, since a kept id would swallow a later wake-up.
   */
  async wake({ id, env, wakeNumber }: Wake): Promise<void> {
    const job: WakeJob = { loadId: id };
    const sent = this.#queueOf(env).add('wake', job, {
      jobId: `${id}-${wakeNumber}`,
      removeOnComplete: true,
      removeOnFail: true,
    });
    await withinTime(sent);
  }

  /** Wake-ups by environment and state. Rejects where the queue does not answer in time. */
  async countJobs(envs: Iterable<string>): Promise<{ env: string; state: string; jobs: number }[]> {
    const counts = Promise.all(
      [...envs].map(async (env) =>
        Object.entries(await this.#queueOf(env).getJobCounts(...COUNTED_STATES)).map(([state, jobs]) => ({
          env,
          state,
          jobs,
        })),
      ),
    );
    return (await withinTime(counts)).flat();
  }

  /** In bounded time: a queue whose server is gone can't say goodbye, and is cut off. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#queues.values()].map(closeQueue));
  }

  #queueOf(env: string): WakeQueue {
    const existing = this.#queues.get(env);
    if (existing !== undefined) return existing;
    const queue = openQueue(env, this.#backend);
    queue.on('error', this.#onError);
    this.#queues.set(env, queue);
    return queue;
  }
}

async function withinTime<T>(answer: Promise<T>): Promise<T> {
  answer.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the queue did not answer in time')), ANSWER_TIMEOUT_MS);
  });
  return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
}

async function closeQueue(queue: WakeQueue): Promise<void> {
  const closed = queue.close();
  closed.catch(() => {});
  await Promise.race([closed, sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false })]).catch(() => {});
  await queue.disconnect().catch(() => {});
}

type WakeQueue = Pick<Queue<WakeJob>, 'close' | 'disconnect'> & {
  add(name: string, job: WakeJob, options: object): Promise<unknown>;
  getJobCounts(...states: readonly string[]): Promise<Record<string, number>>;
  on(event: 'error', listener: (error: Error) => void): unknown;
};

function openQueue(env: string, backend: QueueBackend): WakeQueue {
  return backend.kind === 'redis'
    ? new Queue<WakeJob>(queueName(env), { connection: backend.connection, skipWaitingForReady: true })
    : new Queue(queueName(env), { connection: backend.connection }, createPostgresBackend);
}
