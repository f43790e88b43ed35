import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findFreePort } from '../../src/start/embedded/free-port.js';
import { spawnServer, waitUntil } from './processes.js';

type Started = (part: { env: Record<string, string>; processIds: number[] }) => Promise<void>;

const READY_TIMEOUT_MS = 20_000;

/** Redis as production needs it: nothing is evicted. It keeps nothing on disk. */
export async function startRedis(folder: string, onStarted: Started): Promise<void> {
  const port = await findFreePort();
  const settings = { port: String(port), bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no' };
  const args = Object.entries({ ...settings, 'maxmemory-policy': 'noeviction' }).flatMap(([name, value]) => [
    `--${name}`,
    value,
  ]);
  const server = spawnServer('redis-server', args, { logFile: join(folder, 'log'), cwd: folder });
  await onStarted({ env: { TEST_REDIS_URL: `redis://127.0.0.1:${port}` }, processIds: [server.pid] });
  await waitUntil('Redis answering', READY_TIMEOUT_MS, () => answersPing(port));
}

async function answersPing(port: number): Promise<boolean> {
  const client = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}
