import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type pg from 'pg';
import pino from 'pino';
import type { Test } from 'tap';
import type { ApiKeyConfig, Config, EnvironmentConfig } from '../../src/config/types.js';
import { buildApp } from '../../src/http/app.js';
import type { App } from '../../src/http/types.js';
import { LoadService } from '../../src/loads/service.js';
import type { LoadQueue, LoadStore, Wake } from '../../src/loads/store.js';
import { ApiMetrics } from '../../src/metrics/api-metrics.js';
import { ProcessMetrics } from '../../src/metrics/process-metrics.js';
import { ChangeFeed } from '../../src/postgres/control-database/change-feed.js';
import { readFleet } from '../../src/postgres/control-database/fleet.js';
import { PostgresLoadStore } from '../../src/postgres/control-database/load-store.js';
import { createPool } from '../../src/postgres/pool.js';
import { createTestDatabase } from '../services/database.js';
import { Listeners } from './listeners.js';
import { startTcpProxy } from './tcp-proxy.js';
import { validateResponse } from './validate-response.js';

/** The fields that tests look into, of whatever body. */
export interface AnswerBody {
  [field: string]: unknown;
  id: string;
  code: string;
  detail: string;
  hint: string;
  errors: unknown[];
  status_url: string;
  items: { id: string; seq: number; message: string }[];
  next_cursor: string | null;
  openapi: string;
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
}

export interface Answer {
  status: number;
  reason: string;
  headers: Headers;
  text: string;
  /** The body, where it is JSON. */
  json: AnswerBody;
}

export interface Served {
  url: string;
  app: App;
  pool: pg.Pool;
  wakes: Wake[];
  listeners: Listeners;
  /** Sends a request; its answer must be as openapi.yaml says. */
  call(method: string, path: string, init?: RequestInit): Promise<Answer>;
  /** Submits a load by PUT. */
  put(id: string, changes?: object): Promise<Answer>;
  /** From now on the control database does not answer. */
  cutDatabase(): void;
  /** Sets columns of a load as a worker would. `assignments` is SQL. */
  setLoad(id: string, assignments: string): Promise<void>;
}

export interface ServeOptions {
  apiKeys?: ApiKeyConfig[];
  isStopping?: () => boolean;
  queue?: LoadQueue;
  /** Before it listens. */
  adaptServer?: (server: App['server']) => void;
  /** Of every environment. */
  environment?: Partial<EnvironmentConfig>;
  /** Between the service and the real store. */
  wrapStore?: (store: LoadStore) => LoadStore;
}

export const validBody = {
  load_type: 'full',
  data_set: 'tree',
  path: 's3://development-source/tree/',
  env: 'development',
} as const;

export const SUCCEEDED = "status = 'succeeded', started_at = now(), finished_at = now()";
export const CANCELLED = "status = 'cancelled', finished_at = now()";

export function failedWith(error: object): string {
  return `status = 'failed', finished_at = now(), error = '${JSON.stringify(error).replaceAll("'", "''")}'`;
}

export function keyConfig(name: string, key: string, change: Partial<ApiKeyConfig> = {}): ApiKeyConfig {
  const sha256 = createHash('sha256').update(key).digest('hex');
  return { name, sha256, environments: null, access: 'write', ...change };
}

/** The real app with the real service and store, listening on a port of its own until the test ends. */
export async function serve(t: Test, options: ServeOptions = {}): Promise<Served> {
  const proxy = await startTcpProxy(t, await createTestDatabase(t, { migrated: true }));
  const databaseUrl = proxy.url;
  const logger = pino({ enabled: false });
  const pool = createPool(databaseUrl, { applicationName: 'http test', max: 5 });
  const feed = new ChangeFeed({ databaseUrl, logger });
  const changes = new Listeners(feed);
  const config = makeConfig(databaseUrl, options);
  const wakes: Wake[] = [];
  const queue = options.queue ?? { wake: async (wake: Wake) => void wakes.push(wake) };
  const store = (options.wrapStore ?? ((real) => real))(new PostgresLoadStore(pool, 15_000));
  const service = new LoadService({ store, queue, changes, config, logger });
  const metrics = new ApiMetrics(new ProcessMetrics(), async () => ({
    ...(await readFleet(pool)),
    queue: [],
  }));
  const app = await buildApp({ service, config, logger, metrics, ...(options.isStopping ? options : {}) });
  options.adaptServer?.(app.server);
  await app.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(async () => {
    await app.close();
    await service.settle();
    await feed.stop();
    await pool.end();
  });
  const { port } = app.server.address() as AddressInfo;
  return {
    app,
    pool,
    wakes,
    listeners: changes,
    cutDatabase: proxy.cut,
    ...clientOf(`http://127.0.0.1:${port}`),
    setLoad: setterOf(pool),
  };
}

function clientOf(url: string): Pick<Served, 'url' | 'call' | 'put'> {
  const call = async (method: string, path: string, init: RequestInit = {}) => {
    const response = await fetch(url + path, { ...init, method });
    const text = await response.text();
    const contentType = response.headers.get('content-type');
    validateResponse({ method, path, status: response.status, contentType, body: text });
    const json = contentType?.includes('json') && text ? JSON.parse(text) : undefined;
    return { status: response.status, reason: response.statusText, headers: response.headers, text, json };
  };
  const put = (id: string, changes: object = {}) =>
    call('PUT', `/v1/loads/${id}`, { body: JSON.stringify({ ...validBody, ...changes }) });
  return { url, call, put };
}

function setterOf(pool: pg.Pool) {
  return async (id: string, assignments: string) => {
    const { rowCount } = await pool.query(`UPDATE copydock.loads SET ${assignments} WHERE id = $1`, [id]);
    if (rowCount !== 1) throw new Error(`no load ${id}`);
  };
}

function makeConfig(databaseUrl: string, { apiKeys = [], environment = {} }: ServeOptions): Config {
  const names = ['development', 'staging', 'production', 'local'];
  return {
    host: '127.0.0.1',
    port: 0,
    metricsPort: null,
    databaseUrl,
    queueUrl: databaseUrl,
    logLevel: 'silent',
    shutdownTimeoutMs: 1_000,
    leaseMs: 15_000,
    s3: { endpoint: undefined, region: 'eu-west-2' },
    secretsEndpoint: undefined,
    stsEndpoint: undefined,
    tracesUrl: null,
    bucketRule: { variableBucket: null, precedence: 'argument' },
    environments: new Map(
      names.map((name) => [name, { ...makeEnvironment(name, databaseUrl), ...environment }]),
    ),
    tables: new Map(),
    dataSets: new Map(),
    apiKeys,
    retention: { loadsDays: 30, committedDays: 365 },
    worker: {
      environments: null,
      partSizeBytes: 1_024,
      bufferBytes: 65_536,
      directMaxBytes: 1_024,
      directMaxMs: 60_000,
      tempMaxBytes: 1_048_576,
      exchangeTimeoutMs: 60_000,
    },
  };
}

function makeEnvironment(name: string, databaseUrl: string): EnvironmentConfig {
  return {
    name,
    databaseUrl: name === 'staging' ? null : databaseUrl,
    databaseSecret: null,
    databaseIdentity: `db:5432/${name}`,
    defaultStagingBucket: null,
    stagingBuckets: null,
    sourceBuckets: null,
    buckets: { owners: [], stagingKmsKeyId: null },
    role: null,
    targetSchemas: ['public'],
    copyEngine: 'stream',
    parallelism: 1,
    concurrency: 1,
    maxActiveLoads: 16,
    maxQueuedLoads: 1_000,
    pathLayout: 'as_given',
    minKeepShare: 0.5,
    webhook: null,
  };
}
