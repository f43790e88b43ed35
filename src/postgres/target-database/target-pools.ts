import type pg from 'pg';
import type { EnvironmentConfig } from '../../config/types.js';
import { CopydockError } from '../../loads/errors.js';
import type { PoolUse } from '../../metrics/pool-metrics.js';
import { migrateTarget } from '../migrate.js';
import { findPendingMigrations } from '../pending-migrations.js';
import { createPool, poolUse } from '../pool.js';
import { classifyDatabaseError } from '../sqlstate.js';
import { lookUp } from './look-up.js';

/** Beside the copies of its parts a load needs a connection for its commit and one to look around. */
const EXTRA_CONNECTIONS = 2;

/** Of one worker process. */
export function targetPoolConnections({
  concurrency = 1,
  parallelism = 1,
}: Partial<Pick<EnvironmentConfig, 'concurrency' | 'parallelism'>> = {}): number {
  return concurrency * (parallelism + EXTRA_CONNECTIONS);
}

/** Where targets are, with credentials that may change while running. */
export interface TargetUrls {
  urlOf(env: string): Promise<string>;
  /** The server refused the credentials. */
  distrust(env: string): void;
}

interface TargetPool {
  url: string;
  pool: pg.Pool;
  prepared: Promise<void> | null;
}

/** One pool per environment, large enough that no load of this process ever waits for another's connection. */
export class TargetPools {
  readonly #environments: ReadonlyMap<string, EnvironmentConfig>;
  readonly #urls: TargetUrls;
  readonly #pools = new Map<string, TargetPool>();
  /** Of credentials that were replaced. Loads under way may still hold them; their idle connections end by themselves. */
  readonly #retired: pg.Pool[] = [];

  constructor(environments: ReadonlyMap<string, EnvironmentConfig>, urls: TargetUrls) {
    this.#environments = environments;
    this.#urls = urls;
  }

  /** The environment's pool, once Copydock's own tables stand in its target. */
  async open(env: string): Promise<pg.Pool> {
    const target = this.#poolOf(env, await this.#urls.urlOf(env));
    target.prepared ??= prepareTarget(target.pool, target.url);
    try {
      await target.prepared;
    } catch (error) {
      target.prepared = null;
      throw classifyDatabaseError(error);
    }
    return target.pool;
  }

  use(): PoolUse[] {
    return [...this.#pools].map(([env, { pool }]) => poolUse(`target/${env}`, pool));
  }

  async close(): Promise<void> {
    const pools = [...this.#retired, ...[...this.#pools.values()].map(({ pool }) => pool)];
    await Promise.allSettled(pools.map((pool) => pool.end()));
  }

  #poolOf(env: string, url: string): TargetPool {
    const known = this.#pools.get(env);
    if (known?.url === url) return known;
    if (known !== undefined) this.#retired.push(known.pool);
    const pool = createPool(url, {
      applicationName: 'copydock',
      max: targetPoolConnections(this.#environments.get(env)),
      onRefused: () => this.#urls.distrust(env),
    });
    const made = { url, pool, prepared: null };
    this.#pools.set(env, made);
    return made;
  }
}

async function prepareTarget(pool: pg.Pool, url: string): Promise<void> {
  const pending = await findPendingMigrations(
    { query: async (text, values) => ({ rows: await lookUp(pool, text, values) }) },
    'target',
  );
  if (pending.length === 0) return;
  await migrateTarget(url).catch((cause: unknown) => {
    const fault = classifyDatabaseError(cause);
    if (fault.retryable) throw fault;
    throw new CopydockError(
      'target_not_prepared',
      `The target database lacks Copydock's tables: ${fault.message}`,
      { cause },
    );
  });
}
