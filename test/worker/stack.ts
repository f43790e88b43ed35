import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Test } from 'tap';
import type { Config, EnvironmentConfig } from '../../src/config/types.js';
import { loadConfig } from '../../src/config.js';
import type { CopyEngine } from '../../src/loads/load.js';
import { createLogger } from '../../src/logger.js';
import { startApi } from '../../src/start/api.js';
import { startWorker } from '../../src/start/worker.js';
import { asRole, createTestDatabase, type TestRole, withClient } from '../services/database.js';
import { installImportExtension } from '../services/import-extension.js';
import { createTestRedis } from '../services/redis.js';
import { createTestBucket, listTestObjects, putTestObject } from '../services/s3.js';
import { serviceVariable } from '../services/service-variables.js';

export interface StackOptions {
  backend?: 'redis' | 'postgres';
  /** Instead of a fresh database with Copydock's tables. */
  databaseUrl?: string;
  /** A queue of the test's own, whatever the backend. */
  queueUrl?: string;
  worker?: Partial<Config['worker']>;
  environment?: Partial<EnvironmentConfig>;
  /** Default: what TEST_COPY_ENGINE says, else `stream`. */
  copyEngine?: CopyEngine;
  tables?: Config['tables'];
  dataSets?: Config['dataSets'];
  /** False: the test starts workers itself. */
  hasWorker?: boolean;
  /** Another S3 endpoint than the server's own, such as a proxy before it. */
  s3Endpoint?: string;
  /**
   * Whom the service is in its databases. By default a role with the documented rights (migrations/roles), on tables that
   * the test makes, too, which may make tables in the schema public; a superuser where tests hand tables to roles.
   */
  role?: TestRole | 'superuser';
  /** Hears all that the service logs, in every detail. */
  onLog?: (line: string) => void;
  /** Where secrets of environments are read. */
  secretsEndpoint?: string;
  /** Further variables of the service. */
  variables?: NodeJS.ProcessEnv;
  /** How long a load may take; default 60 s. */
  patienceMs?: number;
}

// biome-ignore lint/suspicious/noExplicitAny: bodies of answers are looked at field by field
export type Body = Record<string, any>;

/** The service as production wires it, on a database and buckets of its own: API, worker and environment `development`. */
export interface Stack {
  config: Config;
  url: string;
  databaseUrl: string;
  source: string;
  staging: string;
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  put(key: string, body: string | Buffer): Promise<string>;
  post(request: Record<string, unknown>): Promise<Body>;
  /** Posts a load and waits until it has ended and is cleaned up. */
  load(request: Record<string, unknown>): Promise<Body>;
  waitUntilDone(id: string): Promise<Body>;
  /** Polls a load until it looks as wanted. */
  waitUntil(id: string, isWanted: (load: Body) => boolean): Promise<Body>;
  /** Polls the database until a query answers `done`. */
  waitUntilSql(text: string): Promise<void>;
  /** Cancels or retries a load; `http` is the answer's status. */
  tell(id: string, command: 'cancel' | 'retry'): Promise<Body>;
  get(path: string): Promise<Body>;
  /** A worker within this process, stopped at the end of `t`. */
  startWorker(t: Test, changes?: Partial<Config>): Promise<void>;
  /** What a load may leave: staged objects, staging tables, open transactions. */
  litter(): Promise<{ objects: string[]; tables: unknown[]; transactions: unknown[] }>;
}

/** The engine that `npm run test:aws_s3` runs the same tests with. */
export const TESTED_ENGINE: CopyEngine = process.env.TEST_COPY_ENGINE === 'aws_s3' ? 'aws_s3' : 'stream';

/** Of these strategies those that the tested engine has: what the database fetches never goes straight into the target. */
export function possible<T extends string>(strategies: readonly T[]): T[] {
  return strategies.filter((strategy) => TESTED_ENGINE === 'stream' || strategy !== 'direct');
}

export async function startStack(t: Test, given: StackOptions = {}): Promise<Stack> {
  const { copyEngine = TESTED_ENGINE } = given;
  const options = { ...given, environment: { copyEngine, ...given.environment } };
  const databaseUrl = options.databaseUrl ?? (await createTestDatabase(t, { migrated: true }));
  const source = await createTestBucket(t);
  const staging = await createTestBucket(t);
  const { role = 'test_service' } = options;
  if (role === 'test_service') await giveRights(databaseUrl);
  if (copyEngine === 'aws_s3') await installImportExtension(t, databaseUrl);
  const serviceUrl = role === 'superuser' ? databaseUrl : asRole(databaseUrl, role);
  const config = await testConfig(t, serviceUrl, options);
  const { onLog } = options;
  const logger =
    onLog === undefined
      ? createLogger(process.env.LOG_LEVEL ?? 'silent')
      : createLogger('trace', { write: onLog });
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  pool.on('error', () => {});
  t.teardown(() => pool.end());
  const api = await startApi(config, logger);
  t.teardown(() => api.stop());
  const stack = makeStack({
    config,
    url: api.url,
    databaseUrl,
    source,
    staging,
    pool,
    patienceMs: options.patienceMs ?? 60_000,
    startWorker: async (t, changes = {}) => {
      const worker = await startWorker({ ...config, ...changes }, logger);
      t.teardown(() => worker.stop());
    },
  });
  if (options.hasWorker !== false) await stack.startWorker(t);
  return stack;
}

async function giveRights(databaseUrl: string): Promise<void> {
  await withClient(databaseUrl, (client) =>
    client.query(`
      ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO copydock_loader;
      ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO copydock_loader;
      ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO copydock_loader;
      GRANT CREATE ON SCHEMA public TO copydock_loader`),
  );
}

async function testConfig(t: Test, databaseUrl: string, options: StackOptions): Promise<Config> {
  process.env.AWS_ACCESS_KEY_ID = serviceVariable('TEST_S3_ACCESS_KEY');
  process.env.AWS_SECRET_ACCESS_KEY = serviceVariable('TEST_S3_SECRET_KEY');
  const config = await loadConfig({
    DATABASE_URL: databaseUrl,
    QUEUE_URL: options.queueUrl ?? (options.backend === 'redis' ? await createTestRedis(t) : databaseUrl),
    AWS_ENDPOINT_URL_S3: options.s3Endpoint ?? serviceVariable('TEST_S3_ENDPOINT'),
    PORT: '0',
    COPYDOCK_SHUTDOWN_TIMEOUT_S: '1',
    COPYDOCK_ENVIRONMENTS: 'development',
    ...options.variables,
  });
  const development = config.environments.get('development');
  if (development === undefined) throw new Error('development is not configured');
  config.environments.set('development', { ...development, ...options.environment });
  return {
    ...config,
    secretsEndpoint: options.secretsEndpoint,
    worker: { ...config.worker, ...options.worker },
    tables: options.tables ?? config.tables,
    dataSets: options.dataSets ?? config.dataSets,
  };
}

function makeStack(
  parts: Pick<Stack, 'config' | 'url' | 'databaseUrl' | 'source' | 'staging' | 'startWorker'> & {
    pool: pg.Pool;
    patienceMs: number;
  },
): Stack {
  const { pool, patienceMs, url, source, staging } = parts;
  const get = async (path: string) => (await fetch(url + path)).json() as Promise<Body>;
  const post = async (request: Record<string, unknown>) => {
    const response = await fetch(`${url}/v1/loads`, {
      method: 'POST',
      body: JSON.stringify({ env: 'development', s3_bucket: staging, ...request }),
    });
    const body: Body = { http: response.status, ...((await response.json()) as Body) };
    return body;
  };
  const waitUntilDone = async (id: string) => {
    const giveUpAt = Date.now() + patienceMs;
    while (Date.now() < giveUpAt) {
      const body = await get(`/v1/loads/${id}?wait=20`);
      if (body.done && body.cleanup?.status !== 'pending') return body;
      if (body.done) await sleep(20);
    }
    throw new Error(`load ${id} did not end: ${JSON.stringify(await get(`/v1/loads/${id}`))}`);
  };
  const waitUntil = async (id: string, isWanted: (load: Body) => boolean) => {
    const giveUpAt = Date.now() + 60_000;
    for (;;) {
      const body = await get(`/v1/loads/${id}`);
      if (isWanted(body)) return body;
      if (body.done || Date.now() > giveUpAt) throw new Error(`never as wanted: ${JSON.stringify(body)}`);
      await sleep(20);
    }
  };
  const tell = async (id: string, command: 'cancel' | 'retry') => {
    const response = await fetch(`${url}/v1/loads/${id}/${command}`, { method: 'POST' });
    const body: Body = { http: response.status, ...((await response.json()) as Body) };
    return body;
  };
  const sql = async (text: string, values: unknown[] = []) => (await pool.query(text, values)).rows;
  const waitUntilSql = async (text: string) => {
    const giveUpAt = Date.now() + 60_000;
    while ((await sql(text))[0]?.done !== true) {
      if (Date.now() > giveUpAt) throw new Error(`never done: ${text}`);
      await sleep(10);
    }
  };
  return {
    ...parts,
    waitUntilSql,
    get,
    post,
    sql,
    waitUntilDone,
    waitUntil,
    tell,
    put: (key, body) => putTestObject(source, key, body),
    load: async (request) => {
      const accepted = await post(request);
      if (accepted.id === undefined) throw new Error(`refused: ${JSON.stringify(accepted)}`);
      return waitUntilDone(accepted.id);
    },
    litter: async () => ({
      objects: await listTestObjects(staging, 'tmp/postgres-copy/'),
      tables: await sql(
        `SELECT relname FROM pg_class WHERE relnamespace = 'copydock'::regnamespace AND relname LIKE 'staging%'`,
      ),
      transactions: await sql(
        `SELECT pid, query FROM pg_stat_activity WHERE application_name LIKE 'copydock/%' AND datname = current_database()`,
      ),
    }),
  };
}
