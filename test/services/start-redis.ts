import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findFreePort } from '../../src/start/embedded/free-port.js';
import { checkRunning, type OnStarted, spawnServer, waitUntil } from './processes.js';

const READY_TIMEOUT_MS = 20_000;
const PORT_TRIES = 3;
/** Each test that asks for a database of its own gets the next number. */
const DATABASES = 10_000;

export async function startRedis(folder: string, onStarted: OnStarted): Promise<void> {
  const port = await findFreePort();
  const env = { TEST_REDIS_URL: `redis://127.0.0.1:${port}` };
  await spawnRedis(folder, port, (pid) => onStarted({ env, processIds: [pid] }));
}

/** On a port that was free a moment ago; where another server was faster, on another one. */
export async function spawnRedisAnywhere(folder: string): Promise<{ server: ChildProcess; port: number }> {
  for (let tries = 1; ; tries += 1) {
    const port = await findFreePort();
    try {
      return { server: await spawnRedis(folder, port), port };
    } catch (error) {
      if (tries === PORT_TRIES) throw error;
    }
  }
}

/** Redis as production needs it: nothing is evicted. It keeps nothing on disk. */
export async function spawnRedis(
  folder: string,
  port: number,
  onSpawned: (pid: number) => Promise<void> = async () => {},
): Promise<ChildProcess> {
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: 'no',
    databases: DATABASES,
    'maxmemory-policy': 'noeviction',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = spawnServer('redis-server', args, { logFile: join(folder, 'log'), cwd: folder });
  await onSpawned(server.pid);
  await waitUntil('An answer of Redis', READY_TIMEOUT_MS, async () => {
    checkRunning(server, 'Redis', join(folder, 'log'));
    return await answersAs(server.pid, port);
  });
  return server;
}

/** Another test's server may have got the port first: that one's end would be the end of this one, too. */
async function answersAs(pid: number, port: number): Promise<boolean> {
  const client = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.info('server')).includes(`process_id:${pid}\r\n`);
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}
