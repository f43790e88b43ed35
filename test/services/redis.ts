import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Test } from 'tap';
import { serviceVariable } from './service-variables.js';
import { spawnRedis, spawnRedisAnywhere } from './start-redis.js';

/** A database of the shared Redis that no other test has, emptied at the end of `t`. Returns its URL. */
export async function createTestRedis(t: Test): Promise<string> {
  const base = serviceVariable('TEST_REDIS_URL');
  const counter = new Redis(base);
  const number = await counter.incr('test-databases');
  await counter.quit();
  const url = `${base}/${number}`;
  t.teardown(async () => {
    const client = new Redis(url);
    await client.flushdb();
    await client.quit();
  });
  return url;
}

export interface OwnRedis {
  url: string;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>;
}

/** A Redis server for tests that break it. */
export async function startOwnRedis(t: Test): Promise<OwnRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'copydock-redis-'));
  const started = await spawnRedisAnywhere(folder);
  const { port } = started;
  let { server } = started;
  const kill = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.ref();
    server.kill('SIGKILL');
    await ended;
  };
  t.teardown(async () => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    restart: async () => {
      server = await spawnRedis(folder, port);
    },
  };
}
