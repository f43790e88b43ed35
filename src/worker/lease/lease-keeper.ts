import { setMaxListeners } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CopydockError } from '../../loads/errors.js';
import { type ClaimedLoad, LEASE_MS } from '../../postgres/control/claims.js';
import type { FromLeaseThread, LeaseThreadData, ToLeaseThread } from './lease-messages.js';

/** Why the work on a load stops before its end. The first reason stays. */
export type StopReason = 'lease_lost' | 'cancelled' | 'deadline' | 'shutdown';

/** The signal's reason. `lease_lost` and `shutdown` leave the load to others; the other two end it. */
export class LoadStopped extends Error {
  override readonly name = 'LoadStopped';
  constructor(readonly reason: StopReason) {
    super(`the work on this load stops: ${reason}`);
  }
}

/** The right to work on one load, while it lasts. */
export interface Lease {
  readonly signal: AbortSignal;
  /** Throws where the lease may have run out: asked before every step that others could contradict. */
  assertHeld(): void;
  drop(): void;
}

const RENEW_MS = 5_000;
/** A worker stops this long before its lease would run out. */
const MARGIN_MS = 3_000;
const CHECK_MS = 500;
/** Longest delay of a Node timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

interface Held {
  load: ClaimedLoad;
  deadline: BigInt64Array;
  controller: AbortController;
  timer: NodeJS.Timeout;
}

/** Keeps the leases of one worker process; the renewals run in a thread of their own. */
export class LeaseKeeper {
  readonly #thread: Worker;
  readonly #held = new Map<string, Held>();
  readonly #check: NodeJS.Timeout;

  constructor(databaseUrl: string, onError: (error: Error) => void) {
    const data: LeaseThreadData = { databaseUrl, leaseMs: LEASE_MS, renewMs: RENEW_MS };
    this.#thread = new Worker(new URL('./lease-thread.js', import.meta.url), { workerData: data });
    this.#thread.on('error', (error) => {
      onError(error instanceof Error ? error : new Error(String(error)));
      this.stopAll('lease_lost');
    });
    this.#thread.on('message', (message: FromLeaseThread) => this.#onMessage(message));
    this.#check = setInterval(() => this.#stopOverdue(), CHECK_MS);
  }

  /** `claimedAt`: process.hrtime.bigint() before the claim was sent, so that the lease is never thought longer than it is. */
  hold(load: ClaimedLoad, claimedAt: bigint): Lease {
    const deadline = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
    const held: Held = {
      load,
      deadline: new BigInt64Array(deadline),
      controller: new AbortController(),
      timer: setTimeout(
        () => this.#stop(held, 'deadline'),
        Math.min(Math.max(load.deadlineInMs, 0), MAX_TIMER_MS),
      ),
    };
    setMaxListeners(0, held.controller.signal);
    Atomics.store(held.deadline, 0, claimedAt + BigInt(LEASE_MS) * 1_000_000n);
    this.#held.set(load.id, held);
    this.#send({ type: 'hold', loadId: load.id, leaseToken: load.leaseToken, deadline });
    return {
      signal: held.controller.signal,
      assertHeld: () => {
        if (isOverdue(held)) this.#stop(held, 'lease_lost');
        held.controller.signal.throwIfAborted();
      },
      drop: () => this.#drop(held),
    };
  }

  stopAll(reason: StopReason): void {
    for (const held of this.#held.values()) this.#stop(held, reason);
  }

  async close(): Promise<void> {
    clearInterval(this.#check);
    this.stopAll('shutdown');
    const ended = new Promise((resolve) => this.#thread.once('exit', resolve));
    this.#send({ type: 'stop' });
    const timer = setTimeout(() => void this.#thread.terminate(), MARGIN_MS);
    await ended;
    clearTimeout(timer);
  }

  #onMessage({ type, loadId, leaseToken }: FromLeaseThread): void {
    const held = this.#held.get(loadId);
    if (held?.load.leaseToken === leaseToken) this.#stop(held, type === 'lost' ? 'lease_lost' : 'cancelled');
  }

  #stopOverdue(): void {
    for (const held of this.#held.values()) if (isOverdue(held)) this.#stop(held, 'lease_lost');
  }

  #stop(held: Held, reason: StopReason): void {
    if (!held.controller.signal.aborted) held.controller.abort(new LoadStopped(reason));
  }

  #drop(held: Held): void {
    clearTimeout(held.timer);
    this.#held.delete(held.load.id);
    this.#send({ type: 'drop', loadId: held.load.id, leaseToken: held.load.leaseToken });
  }

  #send(message: ToLeaseThread): void {
    this.#thread.postMessage(message);
  }
}

function isOverdue({ deadline }: Held): boolean {
  return process.hrtime.bigint() > Atomics.load(deadline, 0) - BigInt(MARGIN_MS) * 1_000_000n;
}

export function deadlineExceeded(load: ClaimedLoad): CopydockError {
  const seconds = load.request.timeout_s;
  return new CopydockError(
    'deadline_exceeded',
    `The load was not done within ${seconds === undefined ? 'its time limit' : `timeout_s = ${seconds} s`}.`,
  );
}
