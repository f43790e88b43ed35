import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { LoadQueue, LoadStore } from './store.js';

const LONGEST_INTERVAL_MS = 5_000;

export interface SweepParts {
  store: Pick<LoadStore, 'sweep' | 'expire'>;
  queue: LoadQueue;
  intervalMs: number;
  /** Finished loads are kept for so long. */
  retentionDays: number;
  logger: Logger;
  /** Is told of each sweep of the interval; null: it failed. */
  onSwept?: (swept: Swept | null) => void;
}

export interface Swept {
  /** Wake-ups that the queue took, and those that it did not: a later sweep sends them again. */
  sent: number;
  failed: number;
  /** Loads that were kept for long enough, and are deleted. */
  expired: number;
}

export interface Sweep {
  /** Sweeps once, beside the interval. */
  runOnce(): Promise<Swept>;
  /** Resolves when the sweep under way is over. */
  stop(): Promise<void>;
}

/** Well within a lease: no sweep for as long as a lease counts as an outage of the control database. */
export function sweepIntervalMs(leaseMs: number): number {
  return Math.min(LONGEST_INTERVAL_MS, leaseMs / 3);
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
    const swept = await sweepOnce(parts).catch((error: unknown) => {
      parts.logger.warn({ err: error }, 'sweep failed');
      return null;
    });
    parts.onSwept?.(swept);
    await delay(parts.intervalMs, undefined, { signal }).catch(() => {});
  }
}

export async function sweepOnce({
  store,
  queue,
  retentionDays,
  logger,
}: Omit<SweepParts, 'intervalMs' | 'onSwept'>): Promise<Swept> {
  const wakes = await store.sweep();
  const results = await Promise.allSettled(wakes.map((wake) => queue.wake(wake)));
  const failures = results.filter((result) => result.status === 'rejected');
  if (failures[0] !== undefined) {
    logger.warn(
      { err: failures[0].reason, failed: failures.length },
      'wake-ups not sent; a later sweep will',
    );
  }
  const expired = await store.expire(retentionDays);
  if (expired > 0) logger.info({ expired }, 'loads deleted that were kept for long enough');
  return { sent: results.length - failures.length, failed: failures.length, expired };
}
