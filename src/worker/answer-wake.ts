import { setTimeout as sleep } from 'node:timers/promises';
import { claimNextLoad } from '../postgres/control-database/claim-next.js';
import { replaceWake } from '../postgres/control-database/order.js';
import type { WorkerDeps } from './deps.js';
import { runLoad } from './run-load.js';

/** While an environment has as many active loads as it may, a slot looks this often whether one has ended. */
const FULL_POLL_MS = 1_000;

export interface WakeUp {
  env: { name: string; maxActiveLoads: number };
  loadId: string;
  /** Work on this load or on none. */
  isOnlyFor: boolean;
  /** Aborted: begin nothing more. */
  signal: AbortSignal;
}

/**
 * What a wake-up does: claims what the environment should do next, which need not be the load that the wake-up is about,
 * and works on it as far as it goes. While the environment is full the slot waits, which takes nothing from others: it
 * could do nothing else for this environment. Never throws for what a load may meet.
 */
export async function answerWake(
  deps: WorkerDeps,
  { env, loadId, isOnlyFor, signal }: WakeUp,
): Promise<void> {
  const slot = {
    env: env.name,
    maxActiveLoads: env.maxActiveLoads,
    owner: deps.workerId,
    leaseMs: deps.config.leaseMs,
    ...(isOnlyFor ? { onlyLoad: loadId } : {}),
  };
  while (!signal.aborted) {
    const claimedAt = process.hrtime.bigint();
    const next = await claimNextLoad(deps.control, slot);
    if (next.kind === 'none') return;
    if (next.kind === 'claimed') {
      if (next.load.id !== loadId) await replaceWake(deps.control, loadId).catch(() => {});
      return runLoad(deps, next.load, claimedAt);
    }
    await sleep(FULL_POLL_MS, undefined, { signal }).catch(() => {});
  }
}
