import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Test } from 'tap';
import { prepareQueue } from '../../../src/queue/prepare-queue.js';
import { createTestBucket, putTestObject } from '../../services/s3.js';
import { serviceVariable } from '../../services/service-variables.js';
import { ApiClient } from './api-client.js';
import { countPostgresJobs, countRedisJobs, findLitter, isLittered, type Litter } from './litter.js';
import { type Proxies, startProxies } from './proxies.js';
import { type BreakableServers, type Ground, startServers, TEMPLATES } from './servers.js';
import { ServiceProcess, type ServiceProcessOptions } from './service-process.js';

export interface WorldOptions {
  backend: 'redis' | 'postgres';
  /** Servers that other worlds use, too; default: new ones. */
  servers?: BreakableServers;
  /** Keys of the configuration file; `environments.development` is filled in. */
  config?: { environment?: object; tables?: object; data_sets?: object };
  /** Environment variables of every process. */
  env?: Record<string, string>;
}

export interface StartOptions extends Pick<ServiceProcessOptions, 'armings'> {
  env?: Record<string, string>;
  /** Proxies of its own, so that a fault reaches this process alone. */
  proxies?: Proxies;
}

type Rows = Record<string, unknown>[];

/** Lower than any other test's patience: the clean-up's last pass comes a lease after the end. */
const CLEAN_TIMEOUT_MS = 120_000;
const POLL_MS = 100;

/** Databases and buckets of its own, on servers that may be broken, and the processes of the service. */
export class World {
  readonly backend: 'redis' | 'postgres';
  readonly servers: BreakableServers;
  readonly proxies: Proxies;
  readonly source: string;
  readonly staging: string;
  /** Pools past the proxies, on which a restart of the server is not felt by the next query. */
  readonly control: pg.Pool;
  readonly target: pg.Pool;
  readonly api: ApiClient;
  /** URLs past the proxies. */
  readonly databases: { control: string; target: string };
  readonly #ground: Ground;
  readonly #options: WorldOptions;
  readonly #redisUrl: string;
  readonly #configFile: string;

  constructor(parts: {
    ground: Ground;
    options: WorldOptions;
    servers: BreakableServers;
    proxies: Proxies;
    buckets: { source: string; staging: string };
    databases: { control: string; target: string };
    redisUrl: string;
    configFile: string;
  }) {
    this.backend = parts.options.backend;
    this.servers = parts.servers;
    this.proxies = parts.proxies;
    this.source = parts.buckets.source;
    this.staging = parts.buckets.staging;
    this.#ground = parts.ground;
    this.#options = parts.options;
    this.databases = parts.databases;
    this.#redisUrl = parts.redisUrl;
    this.#configFile = parts.configFile;
    this.control = openPool(parts.ground, parts.databases.control);
    this.target = openPool(parts.ground, parts.databases.target);
    this.api = new ApiClient(this.staging);
  }

  /** A query of the control database, past the proxies. */
  async inControl(text: string, values: unknown[] = []): Promise<Rows> {
    return (await this.control.query(text, values)).rows;
  }

  /** A query of the target database, past the proxies. */
  async inTarget(text: string, values: unknown[] = []): Promise<Rows> {
    return (await this.target.query(text, values)).rows;
  }

  /** Stores an object in the source bucket, past the proxies. Returns its ETag. */
  put(key: string, body: string | Buffer): Promise<string> {
    return putTestObject(this.source, key, body);
  }

  /** A path for requests. */
  path(key: string): string {
    return `s3://${this.source}/${key}`;
  }

  startProxies(): Promise<Proxies> {
    return startProxies(this.#ground, this.servers, serviceVariable('TEST_S3_ENDPOINT'));
  }

  startWorker(options: StartOptions = {}): Promise<ServiceProcess> {
    return this.#startProcess('worker', options);
  }

  /** `api` then speaks with it, unless it speaks with an earlier one already. */
  async startApi(options: StartOptions = {}): Promise<ServiceProcess> {
    const process = await this.#startProcess('api', options);
    this.api.url ||= process.url;
    return process;
  }

  findLitter(): Promise<Litter> {
    return findLitter(this.target, this.staging);
  }

  /** Jobs that the queue still holds. */
  countJobs(): Promise<number> {
    if (this.backend === 'postgres') return countPostgresJobs(this.control);
    return countRedisJobs(this.#redisUrl);
  }

  /** Waits until nothing is left, or has not become less for so long; answers what is there, which is nothing if all is well. */
  async waitUntilClean(
    timeoutMs = CLEAN_TIMEOUT_MS,
  ): Promise<Litter & { jobs: number; uncleanPlans: number }> {
    let giveUpAt = Date.now() + timeoutMs;
    let least = Number.POSITIVE_INFINITY;
    for (;;) {
      const litter = await this.findLitter();
      const jobs = await this.countJobs();
      const [row] = await this.inControl(
        'SELECT count(*)::int AS count FROM copydock.plans WHERE cleanup_due_at IS NOT NULL',
      );
      const uncleanPlans = Number(row?.count);
      if (uncleanPlans + jobs < least) {
        least = uncleanPlans + jobs;
        giveUpAt = Date.now() + timeoutMs;
      }
      const isClean = !isLittered(litter) && jobs === 0 && uncleanPlans === 0;
      if (isClean || Date.now() > giveUpAt) return { ...litter, jobs, uncleanPlans };
      await sleep(POLL_MS);
    }
  }

  #startProcess(command: 'worker' | 'api', options: StartOptions): Promise<ServiceProcess> {
    const proxies = options.proxies ?? this.proxies;
    const control = proxies.control.url(this.databases.control);
    const started = ServiceProcess.start({
      command,
      ...(options.armings === undefined ? {} : { armings: options.armings }),
      env: {
        DATABASE_URL: control,
        TARGET_URL: proxies.target.url(this.databases.target),
        QUEUE_URL: this.backend === 'postgres' ? control : proxies.redis.url(this.#redisUrl),
        AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${proxies.s3.port}`,
        AWS_ACCESS_KEY_ID: serviceVariable('TEST_S3_ACCESS_KEY'),
        AWS_SECRET_ACCESS_KEY: serviceVariable('TEST_S3_SECRET_KEY'),
        AWS_EC2_METADATA_DISABLED: 'true',
        COPYDOCK_CONFIG: this.#configFile,
        PORT: '0',
        LOG_LEVEL: 'info',
        ...(command === 'worker' ? { COPYDOCK_ENVIRONMENTS: 'development' } : {}),
        ...this.#options.env,
        ...options.env,
      },
    });
    this.#ground.teardown(() => started.then((process) => process.destroy()).catch(() => {}));
    return started;
  }
}

/** A world for one test. Everything that it made is gone at the end of `t`. */
export async function startWorld(t: Test | Ground, options: WorldOptions): Promise<World> {
  const ground: Ground = { teardown: (undo) => t.teardown(undo) };
  const servers = options.servers ?? (await startServers(ground));
  const databases = await createDatabases(ground, servers);
  if (options.backend === 'postgres') await prepareQueue(databases.control);
  const bucketGround = t as Test;
  const buckets = {
    source: await createTestBucket(bucketGround),
    staging: await createTestBucket(bucketGround),
  };
  const configFile = await writeConfigFile(ground, options.config ?? {});
  const proxies = await startProxies(ground, servers, serviceVariable('TEST_S3_ENDPOINT'));
  const redisUrl = `${servers.redis.url}/${servers.redis.takeDatabase()}`;
  return new World({ ground, options, servers, proxies, buckets, databases, redisUrl, configFile });
}

async function createDatabases(
  ground: Ground,
  servers: BreakableServers,
): Promise<{ control: string; target: string }> {
  const name = `world_${randomBytes(6).toString('hex')}`;
  const create = async (kind: 'control' | 'target') => {
    const { url } = servers[kind];
    await runOn(url, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATES[kind]}`);
    ground.teardown(() => runOn(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`).catch(() => {}));
    const own = new URL(url);
    own.pathname = `/${name}`;
    return own.href;
  };
  const [control, target] = await Promise.all([create('control'), create('target')]);
  // The template's row would give every world the same identity.
  await runOn(control, 'UPDATE copydock.control_state SET control_id = gen_random_uuid()');
  return { control, target };
}

async function runOn(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function openPool(ground: Ground, url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  ground.teardown(() => pool.end());
  return pool;
}

/** JSON is YAML. */
async function writeConfigFile(
  ground: Ground,
  { environment, ...rest }: NonNullable<WorldOptions['config']>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'copydock-world-'));
  ground.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'copydock.yaml');
  const development = { database_url: '${TARGET_URL}', ...environment };
  await writeFile(file, JSON.stringify({ environments: { development }, ...rest }));
  return file;
}
