import { chmod, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startEmbeddedPostgres } from '../../src/start/embedded/postgres.js';
import { readPostmasterPid } from '../../src/start/embedded/stale-postmaster.js';
import { ensureCurl, ensureRedisServer, ensureSeaweedfs } from './install.js';
import { type OnStarted, type Services, stopServices } from './processes.js';
import { startRedis } from './start-redis.js';
import { startSeaweedfs } from './start-seaweedfs.js';

export const CACHE_DIR = resolve(import.meta.dirname, '../../.cache');

/**
 * Starts what the tests need, each on a free loopback port. `onStarted` is told of every process and folder as soon as
 * it is there, so that it can be ended whatever happens next.
 */
export async function startServices(onStarted: (services: Services) => Promise<void>): Promise<Services> {
  ensureCurl();
  ensureRedisServer();
  const weed = await ensureSeaweedfs(CACHE_DIR);
  const folder = await mkdtemp(join(tmpdir(), 'copydock-test-'));
  // PostgreSQL runs as another user where the tests run as root.
  await chmod(folder, 0o711);
  const services: Services = { env: {}, processIds: [], paths: [folder] };
  const add: OnStarted = async ({ env, processIds = [], paths = [] }) => {
    Object.assign(services.env, env);
    services.processIds.push(...processIds);
    services.paths.push(...paths);
    await onStarted(services);
  };
  const starts = [
    startPostgres(join(folder, 'postgres')).then(add),
    startRedis(await makeFolder(folder, 'redis'), add),
    startSeaweedfs(weed, await makeFolder(folder, 'seaweedfs'), add),
  ];
  const failed = (await Promise.allSettled(starts)).find((start) => start.status === 'rejected');
  if (failed) {
    await stopServices(services);
    throw failed.reason;
  }
  return services;
}

async function makeFolder(parent: string, name: string): Promise<string> {
  const folder = join(parent, name);
  await mkdir(folder);
  return folder;
}

async function startPostgres(dataDir: string): Promise<Partial<Services>> {
  const settings = {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '300',
  };
  const { url } = await startEmbeddedPostgres({ dataDir, persistent: true, outlive: true, settings });
  const pid = readPostmasterPid(join(dataDir, 'cluster'));
  if (pid === null) throw new Error('The PostgreSQL that was just started has no process id');
  return { env: { TEST_DATABASE_URL: url }, processIds: [pid] };
}
