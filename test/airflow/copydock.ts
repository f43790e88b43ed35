import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { findFreePort } from '../../src/start/embedded/free-port.js';
import { waitUntil } from '../services/processes.js';
import { serviceVariable } from '../services/service-variables.js';
import { type ServerProcess, startServer } from './process.js';

const PROJECT_DIR = resolve(import.meta.dirname, '../..');
const CLI: [string, ...string[]] = [process.execPath, '--import', 'tsx', 'src/cli.ts'];
const START_TIMEOUT_MS = 60_000;
/** Production is configured, so that its buckets are known to be another environment's. */
const CONFIG = 'environments:\n  development: {}\n  production: { database_url: "${DATABASE_URL}" }\n';

/** The service as production runs it: API and worker in processes of their own, which can be stopped and started. */
export interface Copydock {
  /** The API's own address, the same after each start. */
  url: URL;
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** A connection of its own, for locks. */
  connect(): Promise<pg.Client>;
  startApi(): Promise<void>;
  stopApi(): Promise<void>;
  startWorker(): Promise<void>;
  stopWorker(): Promise<void>;
  stop(): Promise<void>;
}

/** `config`: what its configuration file holds. */
export async function startCopydock(folder: string, config: string = CONFIG): Promise<Copydock> {
  const databaseUrl = await createDatabase();
  const port = await findFreePort();
  const configFile = join(folder, 'copydock.yaml');
  writeFileSync(configFile, config);
  const env = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    QUEUE_URL: `${serviceVariable('TEST_REDIS_URL')}/1`,
    AWS_ENDPOINT_URL_S3: serviceVariable('TEST_S3_ENDPOINT'),
    AWS_ACCESS_KEY_ID: serviceVariable('TEST_S3_ACCESS_KEY'),
    AWS_SECRET_ACCESS_KEY: serviceVariable('TEST_S3_SECRET_KEY'),
    AWS_REGION: 'eu-west-2',
    COPYDOCK_CONFIG: configFile,
    COPYDOCK_SHUTDOWN_TIMEOUT_S: '2',
    PORT: String(port),
    LOG_LEVEL: 'info',
  };
  const [program, ...args] = CLI;
  execFileSync(program, [...args, 'migrate'], {
    cwd: PROJECT_DIR,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  pool.on('error', () => {});
  const url = new URL(`http://127.0.0.1:${port}`);
  const start = (name: string) =>
    startServer(name, [...CLI, name], {
      cwd: PROJECT_DIR,
      env,
      logFile: join(folder, `copydock-${name}.log`),
    });
  const untilUp = (server: ServerProcess, isUp: () => Promise<boolean>) =>
    waitUntil(`Copydock's ${server.name}`, START_TIMEOUT_MS, async () => {
      if (!server.isRunning()) throw new Error(`Copydock's ${server.name} ended: ${await server.tail()}`);
      return await isUp();
    });
  let api: ServerProcess | undefined;
  let worker: ServerProcess | undefined;

  const copydock: Copydock = {
    url,
    sql: async (text, values = []) => (await pool.query(text, values)).rows,
    connect: async () => {
      const client = new pg.Client(databaseUrl);
      client.on('error', () => {});
      await client.connect();
      return client;
    },
    startApi: async () => {
      const server = start('api');
      api = server;
      await untilUp(
        server,
        async () => (await fetch(new URL('/readyz', url)).catch(() => null))?.ok === true,
      );
    },
    stopApi: async () => await api?.stop(),
    startWorker: async () => {
      const server = start('worker');
      worker = server;
      await untilUp(server, async () => (await server.tail()).includes('worker started'));
    },
    stopWorker: async () => await worker?.stop(),
    stop: async () => {
      await Promise.all([api?.stop(), worker?.stop()]);
      await pool.end();
    },
  };
  await copydock.startApi();
  await copydock.startWorker();
  return copydock;
}

async function createDatabase(): Promise<string> {
  const name = `airflow_${randomBytes(6).toString('hex')}`;
  const url = new URL(serviceVariable('TEST_DATABASE_URL'));
  const client = new pg.Client(url.href);
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  url.pathname = `/${name}`;
  return url.href;
}
