import pg from 'pg';
import { lookUp } from './look-up.js';

/** A transaction under way, by what the server knows of it. */
export interface WatchedTransaction {
  /** The server's own process, also behind a pooler. */
  pid: number;
  applicationName: string;
  /** Breaks the connection: whatever the transaction's owner waits for fails. */
  cut(): void;
}

const LOOK_EVERY_MS = 5_000;
const LOOK_TIMEOUT_MS = 10_000;
/** So many looks, one after another, that nobody answered. */
const SILENT_LOOKS = 3;
/** So many looks, one after another, in which the server knew nothing of a transaction that its owner still waits for. */
const MISSES = 2;

const watches = new WeakMap<pg.Pool, TransactionWatch>();

export function watchOf(pool: pg.Pool): TransactionWatch {
  const existing = watches.get(pool);
  if (existing !== undefined) return existing;
  const watch = new TransactionWatch(pool);
  watches.set(pool, watch);
  return watch;
}

/**
 * Finds the transactions of a pool whose answer will never come, where TCP does not: a server, proxy or firewall that
 * fell silent would hold a load until its time limit. The server is asked on another connection. One that answers
 * nobody is given up; a transaction that it no longer knows is over, and its answer was lost. Long work is neither.
 */
export class TransactionWatch {
  readonly #pool: pg.Pool;
  readonly #watched = new Map<WatchedTransaction, { misses: number }>();
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;
  #silentLooks = 0;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** Answers how to end the watch. */
  add(transaction: WatchedTransaction): () => void {
    if (this.#watched.size === 0) this.#start();
    this.#watched.set(transaction, { misses: 0 });
    return () => {
      this.#watched.delete(transaction);
      if (this.#watched.size === 0) clearInterval(this.#timer);
    };
  }

  #start(): void {
    this.#silentLooks = 0;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS).unref();
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const asked = [...this.#watched];
    try {
      const known = await this.#readKnown(asked.map(([{ pid }]) => pid));
      this.#silentLooks = 0;
      for (const [transaction, watched] of asked) {
        const isKnown = known.has(keyOf(transaction));
        watched.misses = isKnown ? 0 : watched.misses + 1;
        if (watched.misses >= MISSES && this.#watched.has(transaction)) transaction.cut();
      }
    } catch (error) {
      // A refusal is an answer: a server that takes no more connections may be busy with these transactions.
      this.#silentLooks = error instanceof pg.DatabaseError ? 0 : this.#silentLooks + 1;
      if (this.#silentLooks < SILENT_LOOKS) return;
      for (const [transaction] of asked) if (this.#watched.has(transaction)) transaction.cut();
    } finally {
      this.#isLooking = false;
    }
  }

  async #readKnown(pids: number[]): Promise<Set<string>> {
    const rows = await lookUp<Omit<WatchedTransaction, 'cut'>>(
      this.#pool,
      `SELECT pid, application_name AS "applicationName" FROM pg_stat_activity WHERE pid = ANY($1)`,
      [pids],
      LOOK_TIMEOUT_MS,
    );
    return new Set(rows.map(keyOf));
  }
}

function keyOf({ pid, applicationName }: Omit<WatchedTransaction, 'cut'>): string {
  return `${pid} ${applicationName}`;
}
