import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { startEmbeddedPostgres } from '../src/start/embedded/postgres.js';
import { readPostmasterPid } from '../src/start/embedded/stale-postmaster.js';
import { ensurePsql, ensureRedisServer, ensureSeaweedfs } from '../test/services/install.js';
import { type Services, stopServices } from '../test/services/processes.js';
import { CACHE_DIR } from '../test/services/start.js';
import { startRedis } from '../test/services/start-redis.js';
import { startSeaweedfs } from '../test/services/start-seaweedfs.js';
import type { BenchOptions } from './options.js';

/** What everything runs against: one PostgreSQL, one S3 server and one Redis, for both sides alike. */
export interface World {
  options: BenchOptions;
  folder: string;
  /** Superuser; database `postgres`. */
  postgresUrl: string;
  postmasterPid: number;
  redisUrl: string;
  s3: S3Access;
  stop(): Promise<void>;
}

export interface S3Access {
  pid: number;
  endpoint: string;
  accessKey: string;
  secretKey: string;
  /** Holds the sources. */
  bucket: string;
  stagingBucket: string;
  client: S3Client;
}

/**
 * Durable (fsync and full_page_writes are on), with room for a bulk load. Autovacuum is off, so that it does not run
 * beside one side and not the other.
 */
const SETTINGS = {
  shared_buffers: '1GB',
  maintenance_work_mem: '256MB',
  work_mem: '64MB',
  max_wal_size: '16GB',
  checkpoint_timeout: '30min',
  autovacuum: 'off',
  max_connections: '200',
};

export async function openWorld(options: BenchOptions): Promise<World> {
  ensureRedisServer();
  ensurePsql();
  const weed = await ensureSeaweedfs(CACHE_DIR);
  const folder = await mkdtemp(join(tmpdir(), 'copydock-bench-'));
  // PostgreSQL runs as another user where this runs as root.
  await chmod(folder, 0o711);
  const services: Services = { env: {}, processIds: [], paths: [folder] };
  const add = async ({ env, processIds = [], paths = [] }: Partial<Services>) => {
    Object.assign(services.env, env);
    services.processIds.push(...processIds);
    services.paths.push(...paths);
  };
  try {
    const dataDir = join(folder, 'postgres');
    const { url, stop } = await startEmbeddedPostgres({ dataDir, persistent: true, settings: SETTINGS });
    const postmasterPid = readPostmasterPid(join(dataDir, 'cluster'));
    if (postmasterPid === null) throw new Error('PostgreSQL has no process id');
    await mkdir(join(folder, 'redis'));
    await mkdir(join(folder, 'seaweedfs'));
    await startRedis(join(folder, 'redis'), add);
    await startSeaweedfs(weed, join(folder, 'seaweedfs'), add);
    const s3Pid = services.processIds.at(-1) ?? 0;
    return {
      options,
      folder,
      postgresUrl: url,
      postmasterPid,
      redisUrl: services.env.TEST_REDIS_URL ?? '',
      s3: await openS3(services.env, s3Pid),
      stop: async () => {
        await stop();
        await stopServices(services);
      },
    };
  } catch (error) {
    await stopServices(services);
    throw error;
  }
}

async function openS3(env: Record<string, string>, pid: number): Promise<S3Access> {
  const { TEST_S3_ENDPOINT = '', TEST_S3_ACCESS_KEY = '', TEST_S3_SECRET_KEY = '' } = env;
  const client = new S3Client({
    endpoint: TEST_S3_ENDPOINT,
    region: 'eu-west-2',
    forcePathStyle: true,
    credentials: { accessKeyId: TEST_S3_ACCESS_KEY, secretAccessKey: TEST_S3_SECRET_KEY },
  });
  storeAsGiven(client);
  const bucket = 'bench-source';
  const stagingBucket = 'bench-staging';
  for (const Bucket of [bucket, stagingBucket]) await client.send(new CreateBucketCommand({ Bucket }));
  return {
    pid,
    endpoint: TEST_S3_ENDPOINT,
    accessKey: TEST_S3_ACCESS_KEY,
    secretKey: TEST_S3_SECRET_KEY,
    bucket,
    stagingBucket,
    client,
  };
}

/**
 * Keeps SeaweedFS from compressing what is uploaded: it does so where the type allows, S3 never does, and its every read
 * would cost the machine more than half as much again as psql's of the local file.
 */
function storeAsGiven(client: S3Client): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      headers['content-type'] = 'application/vnd.copydock.bench';
      return next(args);
    },
    { step: 'build', name: 'storeAsGiven' },
  );
}

/** A file in the world's folder; answers its path. */
export async function writeText(world: World, name: string, text: string): Promise<string> {
  const path = join(world.folder, name);
  await writeFile(path, text);
  return path;
}
