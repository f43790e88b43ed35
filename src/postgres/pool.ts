import pg from 'pg';
import { connectTo } from '../config/postgres-connection.js';
import type { PoolUse } from '../metrics/pool-metrics.js';

export interface PoolOptions {
  applicationName: string;
  /** Connections at most. */
  max: number;
  /** Gives up on a query whose server fell silent; the connection is dropped. Default: waits as long as TCP does. */
  queryTimeoutMs?: number;
  /** The server refused the credentials of a new connection. */
  onRefused?: () => void;
}

const CONNECT_TIMEOUT_MS = 3_000;
const KEEP_ALIVE_DELAY_MS = 10_000;

/**
 * A pool whose broken connections never end the process: a pool drops an idle one by itself, and whoever holds one
 * learns of it from the next query. The connect timeout also bounds the wait for a free connection.
 */
export function createPool(url: string, options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    ...connectTo(url),
    application_name: options.applicationName,
    max: options.max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
    ...(options.onRefused === undefined ? {} : { Client: reportingClient(options.onRefused) }),
    ...(options.queryTimeoutMs === undefined ? {} : { query_timeout: options.queryTimeoutMs }),
  });
  pool.on('error', ignoreBrokenConnection);
  // The pool takes its own listener away while a connection is checked out.
  pool.on('connect', (client) => client.on('error', ignoreBrokenConnection));
  return pool;
}

const REFUSALS = new Set(['28000', '28P01']);

type Connected = (error: Error) => void;

function reportingClient(onRefused: () => void): typeof pg.Client {
  const report = (error: unknown) => {
    if (error instanceof pg.DatabaseError && REFUSALS.has(error.code ?? '')) onRefused();
  };
  return class extends pg.Client {
    override connect(): Promise<pg.Client>;
    override connect(callback: Connected | ((error: null, client: pg.Client) => void)): void;
    override connect(callback?: unknown): Promise<pg.Client> | undefined {
      if (typeof callback !== 'function') {
        return super.connect().catch((error: unknown) => {
          report(error);
          throw error;
        });
      }
      super.connect((error: Error) => {
        report(error);
        callback(error);
      });
      return undefined;
    }
  };
}

export function poolUse(database: string, pool: pg.Pool): PoolUse {
  const { totalCount, idleCount, waitingCount, options } = pool;
  return { database, used: totalCount - idleCount, idle: idleCount, waiting: waitingCount, max: options.max };
}

export function ignoreBrokenConnection(_error: Error): void {}
