import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import type { Config } from '../config/types.js';
import { loadConfig } from '../config.js';
import { createLogger } from '../logger.js';
import { ProcessMetrics } from '../metrics/process-metrics.js';
import { startApi } from './api.js';
import { createDatabases } from './embedded/databases.js';
import { findLastPort } from './embedded/last-port.js';
import { startEmbeddedPostgres } from './embedded/postgres.js';
import { startEmbeddedS3 } from './embedded/s3.js';
import { migrateAll } from './migrate.js';
import { addSampleData } from './sample-data.js';
import type { OnStop } from './shutdown.js';
import { startWorker } from './worker.js';

const EXAMPLE_CONFIG = fileURLToPath(new URL('../../copydock.example.yaml', import.meta.url));
/** Control database and target of development; each other environment of the example has its own. */
const DATABASES = ['copydock', 'staging', 'production'] as const;

export interface DevOptions {
  /** Databases, buckets and the log live below. */
  dataDir: string;
  /** false: the database is removed when it stops. */
  persistent: boolean;
  onStop: OnStop;
  /** Instead of the process's own variables. */
  env?: NodeJS.ProcessEnv;
}

export interface RunningDev {
  url: string;
  config: Config;
  logFile: string;
}

/**
 * Everything in one process, on loopback: PostgreSQL, S3, worker and API, with sample tables and files. Variables of
 * the caller that name databases or S3 are not used, nor are roles, so that nothing real is met by mistake.
 */
export async function startDev({ dataDir, persistent, onStop, env }: DevOptions): Promise<RunningDev> {
  await mkdir(dataDir, { recursive: true });
  const postgres = await startEmbeddedPostgres({
    dataDir: join(dataDir, 'postgres'),
    port: await findLastPort(join(dataDir, 'postgres.port')),
    persistent,
  });
  onStop('postgres', postgres.stop);
  const s3 = await startEmbeddedS3({
    dataDir: join(dataDir, 's3'),
    port: await findLastPort(join(dataDir, 's3.port')),
  });
  onStop('s3', s3.stop);
  const [home, staging, production] = await createDatabases(postgres.url, DATABASES);
  const { endpoint, credentials } = s3;
  const config = await loadConfig(
    env,
    { s3: { endpoint, credentials, region: 'us-east-1' } },
    {
      require: { apiKeys: true },
      adapt: (given) => ({
        ...given,
        PGSSLMODE: '',
        DATABASE_URL: home,
        QUEUE_URL: home,
        STAGING_DATABASE_URL: staging,
        PRODUCTION_DATABASE_URL: production,
        COPYDOCK_CONFIG: given.COPYDOCK_CONFIG || EXAMPLE_CONFIG,
      }),
    },
  );
  for (const env of config.environments.values()) env.role = null;
  await prepareDatabases(config);
  await addSampleData(config);
  const logFile = resolve(dataDir, 'copydock.log');
  const logger = createLogger(config.logLevel, pino.destination({ dest: logFile, sync: true }));
  const metrics = new ProcessMetrics();
  const worker = await startWorker(config, logger, metrics);
  onStop('worker', worker.stop);
  const api = await startApi(config, logger, metrics);
  onStop('api', api.stop);
  return { url: api.url, config, logFile };
}

async function prepareDatabases(config: Config): Promise<void> {
  for await (const { use, database, fault } of migrateAll(config)) {
    if (fault !== null) throw new Error(`The ${use} (${database}) could not be prepared: ${fault}`);
  }
}
