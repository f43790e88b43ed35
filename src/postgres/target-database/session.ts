import type pg from 'pg';
import { quote, quoteText } from '../identifiers.js';
import { watchOf } from './transaction-watch.js';

/** Who works in the target: its backends are named so, and a later owner ends those of smaller tokens. */
export interface TargetIdentity {
  loadId: string;
  leaseToken: number;
}

export interface TransactionOptions {
  identity: TargetIdentity;
  /** For types and operators of extensions; names in SQL are qualified all the same. */
  schema: string;
  lockTimeoutMs: number;
  /** Cuts the connection where an abort finds it busy. */
  signal: AbortSignal;
  /** Rows that nobody misses after a crash (UNLOGGED) need not wait for the disk. */
  isUnlogged?: boolean;
}

export function applicationName({ loadId, leaseToken }: TargetIdentity): string {
  return `copydock/${loadId}/${leaseToken}`;
}

/**
 * Runs `work` in one transaction of the target. Settings are SET LOCAL only, since a pooler may sit between:
 * row_security off makes hidden rows an error instead of letting them survive a DELETE; TimeZone and DateStyle make
 * values mean the same whatever the server's settings; client_connection_check_interval ends a statement whose client
 * is gone. READ COMMITTED, since a check after a wait for a lock must see what was committed meanwhile.
 *
 * A connection that does not come back from an error or an abort is cut, whatever it waits for, and so is one whose
 * answer will never come.
 */
// model: send_commit, await_answer
export async function inTargetTransaction<T>(
  pool: pg.Pool,
  options: TransactionOptions,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const { signal } = options;
  signal.throwIfAborted();
  const lent = new LentClient(await pool.connect(), signal);
  try {
    const pid = await begin(lent.client, options);
    lent.watch(pool, pid, applicationName(options.identity));
    const result = await work(lent.client);
    const { command } = await lent.client.query('COMMIT');
    if (command !== 'COMMIT') throw new Error(`COMMIT was answered ${command}`);
    lent.giveBack();
    return result;
  } catch (error) {
    await lent.rollBack();
    throw error;
  }
}

const CUT_AFTER_MS = 2_000;
/** A transaction begins at once, or the server does not answer. */
const BEGIN_TIMEOUT_MS = 30_000;

/** Answers the pid of the server's process, also behind a pooler. */
async function begin(client: pg.PoolClient, options: TransactionOptions): Promise<number> {
  const config: pg.QueryConfig & { query_timeout: number } = {
    text: beginStatement(options),
    query_timeout: BEGIN_TIMEOUT_MS,
  };
  // Of several statements the driver answers several results.
  const results = (await client.query(config)) as unknown as pg.QueryResult<{ pid: number }>[];
  const pid = results.at(-1)?.rows[0]?.pid;
  if (pid === undefined) throw new Error('the server did not tell its pid');
  return pid;
}

/** A client of a pool, given back once: whole, or cut. */
class LentClient {
  readonly client: pg.PoolClient;
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.#cutSoon();
  #timer: NodeJS.Timeout | undefined;
  #endWatch: () => void = () => {};
  #isBack = false;

  constructor(client: pg.PoolClient, signal: AbortSignal) {
    this.client = client;
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  watch(pool: pg.Pool, pid: number, name: string): void {
    if (this.#isBack) return;
    const cut = () => this.giveBack(true);
    this.#endWatch = watchOf(pool).add({ pid, applicationName: name, cut });
  }

  giveBack(isBroken = false): void {
    if (this.#isBack) return;
    this.#isBack = true;
    this.#endWatch();
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.client.release(isBroken);
  }

  // model: roll_back
  async rollBack(): Promise<void> {
    if (this.#isBack) return;
    this.#cutSoon();
    await this.client.query('ROLLBACK').then(
      () => this.giveBack(),
      () => this.giveBack(true),
    );
  }

  /** Releasing a client as broken in the midst of a query closes its socket, and the query fails. */
  #cutSoon(): void {
    this.#timer ??= setTimeout(() => this.giveBack(true), CUT_AFTER_MS);
  }
}

function beginStatement({ identity, schema, lockTimeoutMs, isUnlogged = false }: TransactionOptions): string {
  const synchronousCommit = isUnlogged
    ? 'SET LOCAL synchronous_commit = off'
    : `SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit')
         WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true)`;
  return [
    'BEGIN ISOLATION LEVEL READ COMMITTED',
    `SET LOCAL application_name = ${quoteText(applicationName(identity))}`,
    synchronousCommit,
    'SET LOCAL row_security = off',
    `SET LOCAL TimeZone = 'UTC'`,
    `SET LOCAL DateStyle = 'ISO, YMD'`,
    `SET LOCAL search_path = pg_catalog, ${quote(schema)}, public`,
    `SET LOCAL lock_timeout = ${Math.round(lockTimeoutMs)}`,
    `SET LOCAL client_connection_check_interval = '2s'`,
    'SET LOCAL statement_timeout = 0',
    'SET LOCAL idle_in_transaction_session_timeout = 0',
    // PostgreSQL 17 and later have it.
    `SELECT set_config(name, '0', true) FROM pg_catalog.pg_settings WHERE name = 'transaction_timeout'`,
    'SELECT pg_backend_pid() AS pid',
  ].join(';\n');
}
