import { setMaxListeners } from 'node:events';
import { isTerminal } from '../../loads/load-status.js';
import type { ClaimedLoad } from '../../postgres/control-database/claims.js';

/** Why the work on a load stops before its end. The first reason stays. */
export type StopReason = 'lease_lost' | 'cancelled' | 'deadline' | 'shutdown';

/** The signal's reason. `lease_lost` and `shutdown` leave the load to others; the other two end it. */
export class LoadStopped extends Error {
  override readonly name = 'LoadStopped';
  constructor(readonly reason: StopReason) {
    super(`the work on this load stops: ${reason}`);
  }
}

/** A worker stops this share of its lease before it would run out. */
const MARGIN_SHARE = 0.2;
const NS_PER_MS = 1e6;
/** Longest delay of a Node timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The right of one worker to work on one load, while it lasts. */
export class Lease {
  readonly load: ClaimedLoad;
  /** Monotonic nanoseconds until which the lease is sure to last; the lease thread moves them on. */
  readonly deadline = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
  readonly #deadline = new BigInt64Array(this.deadline);
  readonly #marginNs: bigint;
  readonly #work = new AbortController();
  readonly #ownership = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #onDrop: (lease: Lease) => void;

  /** `claimedAt` in monotonic nanoseconds. */
  constructor(
    load: ClaimedLoad,
    { claimedAt, leaseMs }: { claimedAt: bigint; leaseMs: number },
    onDrop: (lease: Lease) => void,
  ) {
    this.load = load;
    this.#onDrop = onDrop;
    const leaseNs = leaseMs * NS_PER_MS;
    this.#marginNs = BigInt(Math.round(leaseNs * MARGIN_SHARE));
    Atomics.store(this.#deadline, 0, claimedAt + BigInt(leaseNs));
    setMaxListeners(0, this.#work.signal, this.#ownership.signal);
    if (isTerminal(load.status)) return;
    const limitMs = Math.min(Math.max(load.deadlineInMs, 0), MAX_TIMER_MS);
    this.#timer = setTimeout(() => this.stop('deadline'), limitMs);
  }

  /** Aborted for every reason to stop the work. */
  get signal(): AbortSignal {
    return this.#work.signal;
  }

  /** Aborted only where the load is no longer this worker's: a cancelled load is still to be ended and cleaned up. */
  get owned(): AbortSignal {
    return this.#ownership.signal;
  }

  get isOverdue(): boolean {
    return process.hrtime.bigint() > Atomics.load(this.#deadline, 0) - this.#marginNs;
  }

  /** Throws where the work must stop, or the lease may have run out: asked before every step that others could contradict. */
  assertHeld(): void {
    this.assertOwned();
    this.signal.throwIfAborted();
  }

  /** The same for ending and cleaning up, which neither a cancel nor a deadline stops. */
  assertOwned(): void {
    if (this.isOverdue) this.stop('lease_lost');
    this.owned.throwIfAborted();
  }

  stop(reason: StopReason): void {
    const stopped = new LoadStopped(reason);
    if (!this.signal.aborted) this.#work.abort(stopped);
    const isLost = reason === 'lease_lost' || reason === 'shutdown';
    if (isLost && !this.owned.aborted) this.#ownership.abort(stopped);
  }

  drop(): void {
    clearTimeout(this.#timer);
    this.#onDrop(this);
  }
}
