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
import { checkRunning, type OnStarted, spawnServer, waitUntil } from './processes.js';
import { REGIONS } from './regions.js';

const ACCESS_KEY = 'testkey';
const SECRET_KEY = 'testsecret123';
const READY_TIMEOUT_MS = 60_000;
const ROLES = [
  'master',
  'master.grpc',
  'volume',
  'volume.grpc',
  'filer',
  'filer.grpc',
  's3',
  's3.grpc',
] as const;
type Ports = Record<(typeof ROLES)[number], number>;

export async function startSeaweedfs(program: string, folder: string, onStarted: OnStarted): Promise<void> {
  await mkdir(join(folder, 'data'));
  const config = join(folder, 's3.json');
  await writeFile(config, JSON.stringify({ identities: [identity(), ...REGIONS.map(regionIdentity)] }));
  const ports = await findPorts();
  const server = spawnServer(program, serverArguments(folder, config, ports), {
    logFile: join(folder, 'log'),
    cwd: folder,
    // By default each bucket takes seven volumes at once.
    env: { WEED_MASTER_VOLUME_GROWTH_COPY_1: '1' },
  });
  const endpoint = `http://127.0.0.1:${ports.s3}`;
  const env = { TEST_S3_ENDPOINT: endpoint, TEST_S3_ACCESS_KEY: ACCESS_KEY, TEST_S3_SECRET_KEY: SECRET_KEY };
  await onStarted({
    env,
    processIds: [server.pid],
    paths: ROLES.map((role) => socketPath(role, ports[role])),
  });
  await waitUntil('A stored object in SeaweedFS', READY_TIMEOUT_MS, async () => {
    checkRunning(server, 'SeaweedFS', join(folder, 'log'));
    return await storesObjects(endpoint);
  });
}

async function findPorts(): Promise<Ports> {
  const ports = await Promise.all(ROLES.map(async (role) => [role, await findFreePort()] as const));
  return Object.fromEntries(ports) as Ports;
}

/** SeaweedFS makes these sockets whatever its flags say, and leaves them behind. */
function socketPath(role: string, port: number): string {
  return `/tmp/seaweedfs-${role.replace('.', '-')}-${port}.sock`;
}

function serverArguments(folder: string, config: string, ports: Ports): string[] {
  return [
    '-logtostderr=true',
    '-v=0',
    'server',
    `-dir=${join(folder, 'data')}`,
    '-ip=127.0.0.1',
    '-ip.bind=127.0.0.1',
    '-master.volumeSizeLimitMB=128',
    '-master.volumePreallocate=false',
    '-volume.max=1000',
    '-filer',
    '-s3',
    // On fixed ports otherwise, which a second SeaweedFS would not get.
    '-s3.port.iceberg=0',
    '-s3.port.lance=0',
    `-s3.config=${config}`,
    ...ROLES.map((role) => `-${role.replace(/^\w+/, '$&.port')}=${ports[role]}`),
  ];
}

function identity() {
  return {
    name: 'tests',
    credentials: [{ accessKey: ACCESS_KEY, secretKey: SECRET_KEY }],
    actions: ['Admin', 'Read', 'Write', 'List', 'Tagging'],
  };
}

/** Two that are kept apart: each may use the buckets that begin with its name. */
function regionIdentity({ name, accessKeyId, secretAccessKey }: (typeof REGIONS)[number]) {
  return {
    name,
    credentials: [{ accessKey: accessKeyId, secretKey: secretAccessKey }],
    actions: ['Read', 'Write', 'List'].map((action) => `${action}:${name}-*`),
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
