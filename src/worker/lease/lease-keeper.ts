import { Worker } from 'node:worker_threads';
import { readConnection } from '../../config/postgres-connection.js';
import type { ClaimedLoad } from '../../postgres/control-database/claims.js';
import { Lease, type StopReason } from './lease.js';
import type { FromLeaseThread, LeaseThreadData, ToLeaseThread } from './lease-messages.js';

/** How often a lease is renewed while it lasts, and how often it is checked that it was. */
const RENEWALS = 3;
const CHECKS = 30;
const CLOSE_TIMEOUT_MS = 3_000;

/** Keeps the leases of one worker process; the renewals run in a thread of their own, which is replaced if it dies. */
export class LeaseKeeper {
  readonly #data: LeaseThreadData;
  readonly #onError: (error: Error) => void;
  readonly #held = new Map<string, Lease>();
  readonly #check: NodeJS.Timeout;
  #thread: Worker;
  #isClosing = false;

  constructor(databaseUrl: string, leaseMs: number, onError: (error: Error) => void) {
    this.#data = { database: readConnection(databaseUrl), leaseMs, renewMs: leaseMs / RENEWALS };
    this.#onError = onError;
    this.#thread = this.#startThread();
    this.#check = setInterval(() => this.#stopOverdue(), leaseMs / CHECKS);
  }

  /** `claimedAt`: process.hrtime.bigint() before the claim was sent, so that the lease is never thought longer than it is. */
  hold(load: ClaimedLoad, claimedAt: bigint): Lease {
    const { leaseMs } = this.#data;
    const lease = new Lease(load, { claimedAt, leaseMs }, (dropped) => this.#drop(dropped));
    this.#held.set(load.id, lease);
    this.#send({ type: 'hold', loadId: load.id, leaseToken: load.leaseToken, deadline: lease.deadline });
    return lease;
  }

  stopAll(reason: StopReason): void {
    for (const lease of this.#held.values()) lease.stop(reason);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#check);
    this.stopAll('shutdown');
    const ended = new Promise((resolve) => this.#thread.once('exit', resolve));
    this.#send({ type: 'stop' });
    const timer = setTimeout(() => void this.#thread.terminate(), CLOSE_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }

  #startThread(): Worker {
    const thread = new Worker(new URL('./lease-thread.js', import.meta.url), { workerData: this.#data });
    thread.on('error', (error) => this.#onError(error instanceof Error ? error : new Error(String(error))));
    thread.on('exit', () => this.#replaceThread());
    thread.on('message', (message: FromLeaseThread) => this.#onMessage(message));
    return thread;
  }

  /** Leases that nobody renews are given up at once rather than when they run out. */
  #replaceThread(): void {
    if (this.#isClosing) return;
    this.stopAll('lease_lost');
    this.#thread = this.#startThread();
  }

  #onMessage({ type, loadId, leaseToken }: FromLeaseThread): void {
    const lease = this.#held.get(loadId);
    if (lease?.load.leaseToken === leaseToken) lease.stop(type === 'lost' ? 'lease_lost' : 'cancelled');
  }

  #stopOverdue(): void {
    for (const lease of this.#held.values()) if (lease.isOverdue) lease.stop('lease_lost');
  }

  /** The load may have been claimed again by this very process: then the newer lease stays. */
  #drop(lease: Lease): void {
    const { id: loadId, leaseToken } = lease.load;
    if (this.#held.get(loadId) === lease) this.#held.delete(loadId);
    this.#send({ type: 'drop', loadId, leaseToken });
  }

  #send(message: ToLeaseThread): void {
    this.#thread.postMessage(message);
  }
}
