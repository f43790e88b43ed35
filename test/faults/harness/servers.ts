import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrateControl, migrateTarget } from '../../../src/postgres/migrate.js';
import { createDatabases } from '../../../src/start/embedded/databases.js';
import { findFreePort } from '../../../src/start/embedded/free-port.js';
import { startEmbeddedPostgres } from '../../../src/start/embedded/postgres.js';
import { readPostmasterPid } from '../../../src/start/embedded/stale-postmaster.js';
import { waitUntil } from '../../services/processes.js';
import { spawnRedis, spawnRedisAnywhere } from '../../services/start-redis.js';

/** Where things are registered to be undone: a tap test, or the soak. */
export interface Ground {
  teardown(undo: () => Promise<void> | void): void;
}

export interface BreakablePostgres {
  /** Superuser, past every proxy. */
  url: string;
  port: number;
  /** As a power cut does it, without checkpoint: UNLOGGED tables come back empty. */
  stopImmediately(): Promise<void>;
  /** On the same port. */
  start(): Promise<void>;
}

export interface BreakableRedis {
  /** Without the number of a database. */
  url: string;
  port: number;
  /** The number of a database that no other world has. */
  takeDatabase(): number;
  kill(): Promise<void>;
  /** On the same port, empty. */
  start(): Promise<void>;
}

/** Servers that tests may break. They cost seconds to start: a test file may share them among its worlds. */
export interface BreakableServers {
  control: BreakablePostgres;
  target: BreakablePostgres;
  redis: BreakableRedis;
}

/** Only the machine's own crash would need fsync. Commits must survive, so synchronous_commit stays on. */
const POSTGRES_SETTINGS = { fsync: 'off', full_page_writes: 'off', max_connections: '150' };
const STOP_TIMEOUT_MS = 30_000;
/** Databases with all migrations, that others are copied from. */
export const TEMPLATES = { control: 'control_template', target: 'target_template' };

export async function startServers(ground: Ground): Promise<BreakableServers> {
  const folder = await mkdtemp(join(tmpdir(), 'copydock-faults-'));
  await chmod(folder, 0o711);
  ground.teardown(() => rm(folder, { recursive: true, force: true }));
  const [control, target, redis] = await Promise.all([
    startPostgres(ground, join(folder, 'control'), TEMPLATES.control, migrateControl),
    startPostgres(ground, join(folder, 'target'), TEMPLATES.target, migrateTarget),
    startRedis(ground),
  ]);
  return { control, target, redis };
}

async function startPostgres(
  ground: Ground,
  dataDir: string,
  template: string,
  migrate: (url: string) => Promise<void>,
): Promise<BreakablePostgres> {
  const port = await findFreePort();
  const options = { dataDir, port, persistent: true, settings: POSTGRES_SETTINGS };
  let server = await startEmbeddedPostgres(options);
  const cluster = join(dataDir, 'cluster');
  ground.teardown(() => server.stop().catch(() => {}));
  const [templateUrl] = await createDatabases(server.url, [template] as const);
  await migrate(templateUrl);
  return {
    url: server.url,
    port,
    stopImmediately: async () => {
      const pid = readPostmasterPid(cluster);
      if (pid !== null) process.kill(pid, 'SIGQUIT');
      await waitUntil(
        'the end of PostgreSQL',
        STOP_TIMEOUT_MS,
        async () => readPostmasterPid(cluster) === null,
      );
    },
    // The first start's handler ends whatever runs on this cluster when this process ends.
    start: async () => {
      server = await startEmbeddedPostgres({ ...options, outlive: true });
    },
  };
}

async function startRedis(ground: Ground): Promise<BreakableRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'copydock-redis-'));
  const started = await spawnRedisAnywhere(folder);
  const { port } = started;
  let { server } = started;
  let databases = 0;
  const killAtExit = () => server.kill('SIGKILL');
  process.once('exit', killAtExit);
  const kill = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.ref();
    server.kill('SIGKILL');
    await ended;
  };
  ground.teardown(async () => {
    await kill();
    process.removeListener('exit', killAtExit);
    await rm(folder, { recursive: true, force: true });
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    takeDatabase: () => {
      databases += 1;
      return databases;
    },
    kill,
    start: async () => {
      server = await spawnRedis(folder, port);
    },
  };
}
