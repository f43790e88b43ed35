import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { findFreePort } from '../../src/start/embedded/free-port.js';
import { spawnServer, waitUntil } from './processes.js';

type Started = (part: { env: Record<string, string>; processIds: number[] }) => Promise<void>;

const ACCESS_KEY = 'testkey';
const SECRET_KEY = 'testsecret123';
const READY_TIMEOUT_MS = 60_000;
const PORTS = [
  'master.port',
  'master.port.grpc',
  'volume.port',
  'volume.port.grpc',
  'filer.port',
  'filer.port.grpc',
];

export async function startSeaweedfs(program: string, folder: string, onStarted: Started): Promise<void> {
  await mkdir(join(folder, 'data'));
  const config = join(folder, 's3.json');
  await writeFile(config, JSON.stringify({ identities: [identity()] }));
  const port = await findFreePort();
  const ports = await Promise.all(
    ['s3.port.grpc', ...PORTS].map(async (name) => `-${name}=${await findFreePort()}`),
  );
  const server = spawnServer(
    program,
    ['-logtostderr=true', '-v=0', 'server', ...serverFlags(folder, config), ...ports, `-s3.port=${port}`],
    {
      logFile: join(folder, 'log'),
      cwd: folder,
      // By default each bucket takes seven volumes at once.
      env: { WEED_MASTER_VOLUME_GROWTH_COPY_1: '1' },
    },
  );
  const endpoint = `http://127.0.0.1:${port}`;
  const env = { TEST_S3_ENDPOINT: endpoint, TEST_S3_ACCESS_KEY: ACCESS_KEY, TEST_S3_SECRET_KEY: SECRET_KEY };
  await onStarted({ env, processIds: [server.pid] });
  await waitUntil('SeaweedFS storing an object', READY_TIMEOUT_MS, () => storesObjects(endpoint));
}

function serverFlags(folder: string, config: string): string[] {
  return [
    `-dir=${join(folder, 'data')}`,
    '-ip=127.0.0.1',
    '-ip.bind=127.0.0.1',
    '-master.volumeSizeLimitMB=128',
    '-master.volumePreallocate=false',
    '-volume.max=1000',
    '-filer',
    '-s3',
    `-s3.config=${config}`,
  ];
}

function identity() {
  return {
    name: 'tests',
    credentials: [{ accessKey: ACCESS_KEY, secretKey: SECRET_KEY }],
    actions: ['Admin', 'Read', 'Write', 'List', 'Tagging'],
  };
}

/** The port opens seconds before the volume server has joined: only a stored object proves readiness. */
async function storesObjects(endpoint: string): Promise<boolean> {
  const client = new S3Client({
    endpoint,
    region: 'eu-west-2',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
  });
  const bucket = { Bucket: 'readiness' };
  try {
    await client.send(new CreateBucketCommand(bucket)).catch(() => {});
    await client.send(new PutObjectCommand({ ...bucket, Key: 'probe', Body: Buffer.from('x') }));
    await client.send(new DeleteObjectCommand({ ...bucket, Key: 'probe' }));
    await client.send(new DeleteBucketCommand(bucket));
    return true;
  } catch {
    return false;
  } finally {
    client.destroy();
  }
}
