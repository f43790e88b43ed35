import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for at most so long; what is late goes on by itself. */
export async function within(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  await Promise.race([work.catch(() => {}), sleep(timeoutMs, undefined, { ref: false })]);
}
