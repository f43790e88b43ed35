import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { LoadQueue, LoadStore } from './store.js';

export interface SweepParts {
  store: Pick<LoadStore, 'sweep'>;
  queue: LoadQueue;
  intervalMs: number;
  logger: Logger;
}

export interface Sweep {
  /** Sweeps once, beside the interval. Answers how many loads were handed to the queue. */
  runOnce(): Promise<number>;
  /** Resolves when the sweep under way is over. */
  stop(): Promise<void>;
}

/** Sweeps at once and then `intervalMs` after each sweep. A failed sweep is logged; the next one makes it good. */
export function startSweep(parts: SweepParts): Sweep {
  const stopping = new AbortController();
  const running = sweepUntilStopped(parts, stopping.signal);
  return {
    runOnce: () => sweepOnce(parts),
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}

async function sweepUntilStopped(parts: SweepParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sweepOnce(parts).catch((error: unknown) => parts.logger.warn({ err: error }, 'sweep failed'));
    await delay(parts.intervalMs, undefined, { signal }).catch(() => {});
  }
}

/** Answers how many loads were handed to the queue. */
export async function sweepOnce({ store, queue, logger }: Omit<SweepParts, 'intervalMs'>): Promise<number> {
  const wakes = await store.sweep();
  const sent = await Promise.allSettled(wakes.map((wake) => queue.wake(wake)));
  const failures = sent.filter((result) => result.status === 'rejected');
  if (failures[0] !== undefined) {
    logger.warn(
      { err: failures[0].reason, failed: failures.length },
      'wake-ups not sent; a later sweep will',
    );
  }
  return sent.length - failures.length;
}
