import { Redis } from 'ioredis';
import { connectToRedis } from './connection.js';

export interface RedisFacts {
  version: string;
  /** Null where the server does not tell. */
  evictionPolicy: string | null;
}

const CONNECT_TIMEOUT_MS = 3_000;
const COMMAND_TIMEOUT_MS = 5_000;
/** Below the prefix of BullMQ's own keys, so that the rights of the queue's user are those that are tried. */
const PROBE_KEY = 'bull:copydock-doctor';
const PROBE = `redis.call('set', KEYS[1], '1', 'PX', 10000) return redis.call('del', KEYS[1])`;

/** Asks Redis what it is, and tries what BullMQ does: a script that writes. */
export async function inspectRedis(queueUrl: string): Promise<RedisFacts> {
  let fault: Error | undefined;
  const { url, ...tls } = connectToRedis(queueUrl);
  const redis = new Redis(url, {
    ...tls,
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  redis.on('error', (error: Error) => {
    fault = error;
  });
  try {
    await redis.connect();
    const info = await redis.info();
    await redis.eval(PROBE, 1, PROBE_KEY);
    return {
      version: readField(info, 'redis_version') ?? '0',
      evictionPolicy: readField(info, 'maxmemory_policy'),
    };
  } catch (error) {
    // A refused connection rejects with "Connection is closed" and tells the cause by the event.
    throw fault ?? error;
  } finally {
    redis.disconnect();
  }
}

function readField(info: string, name: string): string | null {
  return new RegExp(`^${name}:(.*)\\r?$`, 'm').exec(info)?.[1]?.trim() ?? null;
}
