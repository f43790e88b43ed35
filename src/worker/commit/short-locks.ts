import { setTimeout as sleep } from 'node:timers/promises';

const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

/** Between two tries, of a random length, so that several who want the same lock do not meet again and again. */
export async function pauseForLock(signal: AbortSignal): Promise<void> {
  const pauseMs = SHORTEST_PAUSE_MS + Math.random() * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS);
  await sleep(pauseMs, undefined, { signal });
}
