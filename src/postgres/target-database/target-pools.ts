import type pg from 'pg';
import type { EnvironmentConfig } from '../../config/types.js';
import { CopydockError } from '../../loads/errors.js';
import type { PoolUse } from '../../metrics/pool-metrics.js';
import { migrateTarget } from '../migrate.js';
import { createPool, poolUse } from '../pool.js';
import { classifyDatabaseError } from '../sqlstate.js';
import { lookUp } from './look-up.js';

/** Beside the copies of its parts a load needs a connection for its commit and one to look around. */
const EXTRA_CONNECTIONS = 2;

/** One pool per environment, large enough that no load of this process ever waits for another's connection. */
export class TargetPools {
  readonly #environments: ReadonlyMap<string, EnvironmentConfig>;
  readonly #pools = new Map<string, pg.Pool>();
  readonly #prepared = new Map<string, Promise<void>>();

  constructor(environments: ReadonlyMap<string, EnvironmentConfig>) {
    this.#environments = environments;
  }

  /** The environment's pool, once Copydock's own tables stand in its target. */
  async open(env: string): Promise<pg.Pool> {
    const url = this.#urlOf(env);
    const pool = this.#pools.get(env) ?? this.#make(env, url);
    const prepared = this.#prepared.get(env) ?? prepareTarget(pool, url);
    this.#prepared.set(env, prepared);
    try {
      await prepared;
    } catch (error) {
      this.#prepared.delete(env);
      throw classifyDatabaseError(error);
    }
    return pool;
  }

  use(): PoolUse[] {
    return [...this.#pools].map(([env, pool]) => poolUse(`target/${env}`, pool));
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#pools.values()].map((pool) => pool.end()));
  }

  #make(env: string, url: string): pg.Pool {
    const { concurrency = 1, parallelism = 1 } = this.#environments.get(env) ?? {};
    const pool = createPool(url, {
      applicationName: 'copydock',
      max: concurrency * (parallelism + EXTRA_CONNECTIONS),
    });
    this.#pools.set(env, pool);
    return pool;
  }

  #urlOf(env: string): string {
    const url = this.#environments.get(env)?.databaseUrl;
    if (url === undefined || url === null) {
      throw new CopydockError(
        'environment_not_configured',
        `Environment ${env} has no database on this worker.`,
        {
          field: 'env',
        },
      );
    }
    return url;
  }
}

async function prepareTarget(pool: pg.Pool, url: string): Promise<void> {
  const rows = await lookUp<{ isPrepared: boolean }>(
    pool,
    `SELECT to_regclass('copydock.committed_loads') IS NOT NULL AS "isPrepared"`,
  );
  if (rows[0]?.isPrepared) return;
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
