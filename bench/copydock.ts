import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { controlUrl, makeControl, targetUrl } from './databases.js';
import type { Json } from './http-client.js';
import { cpuSeconds } from './process-figures.js';
import { type World, writeText } from './world.js';

export interface CopydockOptions {
  /** Lines of the environment `development`, such as `parallelism: 4`. */
  environment?: Record<string, number>;
  /** Of the worker. */
  variables?: Record<string, string>;
  hasWorker?: boolean;
}

/** The built program as production runs it: an API process and a worker process, on a control database of their own. */
export interface Copydock {
  url: string;
  apiPid: number;
  workerPid: number;
  /** Of both processes. */
  cpuSeconds(): number;
  post(request: Json): Promise<{ http: number; body: Json }>;
  /** Follows a load by `?wait=` until it has ended. */
  waitUntilEnded(id: string): Promise<Json>;
  /** Polls until its first clean-up is over, too. */
  waitUntilCleanedUp(id: string): Promise<Json>;
  stop(): Promise<void>;
}

const CLEANUP_POLL_MS = 20;
const CLEANUP_PATIENCE_MS = 120_000;
let redisDatabase = 0;

export async function startCopydock(world: World, options: CopydockOptions = {}): Promise<Copydock> {
  await makeControl(world);
  redisDatabase += 1;
  const config = await writeText(world, 'copydock.yaml', configuration(world, options.environment ?? {}));
  const environment = { ...process.env, ...variables(world, config) };
  const api = await startProcess(world, 'api', environment, '"msg":"listening"');
  const url = /"url":"([^"]+)"/.exec(api.line)?.[1] ?? '';
  const worker =
    options.hasWorker === false
      ? null
      : await startProcess(
          world,
          'worker',
          { ...environment, ...options.variables },
          '"msg":"worker started"',
        );
  const get = async (path: string) => (await (await fetch(url + path)).json()) as Json;
  const waitUntilEnded = async (id: string) => {
    for (;;) {
      const load = await get(`/v1/loads/${id}?wait=50`);
      if (load.done === true) return load;
    }
  };
  return {
    url,
    apiPid: api.pid,
    workerPid: worker?.pid ?? 0,
    cpuSeconds: () => cpuSeconds(api.pid) + cpuSeconds(worker?.pid ?? 0),
    post: async (request) => {
      const body = JSON.stringify({ env: 'development', s3_bucket: world.s3.stagingBucket, ...request });
      const response = await fetch(`${url}/v1/loads`, { method: 'POST', body });
      return { http: response.status, body: (await response.json()) as Json };
    },
    waitUntilEnded,
    waitUntilCleanedUp: async (id) => {
      const giveUpAt = Date.now() + CLEANUP_PATIENCE_MS;
      for (;;) {
        const load = await waitUntilEnded(id);
        if ((load.cleanup as Json | null)?.status !== 'pending') return load;
        if (Date.now() > giveUpAt) throw new Error(`load ${id} was not cleaned up`);
        await new Promise((resolve) => setTimeout(resolve, CLEANUP_POLL_MS));
      }
    },
    stop: async () => {
      await Promise.all([worker?.stop(), api.stop()]);
    },
  };
}

function configuration(world: World, environment: Record<string, number>): string {
  const settings = Object.entries(environment).map(([name, value]) => `    ${name}: ${value}`);
  return [
    'environments:',
    '  development:',
    `    database_url: ${targetUrl(world)}`,
    ...settings,
    '  staging:',
    `    database_url: ${targetUrl(world)}`,
    '    max_queued_loads: 100000',
    'tables:',
    '  entity: { scope_column: dataset }',
    '  parted: { scope_column: dataset }',
    '',
  ].join('\n');
}

/** Loads of the environment `staging` are accepted and stay queued: no worker serves it. */
function variables(world: World, config: string): Record<string, string> {
  const { s3 } = world;
  return {
    DATABASE_URL: controlUrl(world),
    QUEUE_URL: `${world.redisUrl}/${redisDatabase}`,
    COPYDOCK_CONFIG: config,
    COPYDOCK_ENVIRONMENTS: 'development',
    COPYDOCK_SHUTDOWN_TIMEOUT_S: '1',
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'info',
    AWS_REGION: 'eu-west-2',
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_ACCESS_KEY_ID: s3.accessKey,
    AWS_SECRET_ACCESS_KEY: s3.secretKey,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}

interface Started {
  pid: number;
  /** The line of its log that said that it was ready. */
  line: string;
  stop(): Promise<void>;
}

async function startProcess(
  world: World,
  command: 'api' | 'worker',
  env: NodeJS.ProcessEnv,
  readySign: string,
): Promise<Started> {
  const { profileFolder, programFolder } = world.options;
  const profiling =
    profileFolder === null
      ? []
      : [
          '--cpu-prof',
          `--cpu-prof-dir=${profileFolder}`,
          `--cpu-prof-name=${command}-${Date.now()}.cpuprofile`,
        ];
  const program = join(programFolder, 'dist', 'cli.js');
  const child = spawn(process.execPath, [...profiling, program, command], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await waitForLine(world, child, command, readySign);
  return { pid: child.pid ?? 0, line, stop: () => endProcess(child) };
}

async function waitForLine(
  { folder }: World,
  child: ChildProcess & { stdout: NodeJS.ReadableStream },
  command: string,
  sign: string,
): Promise<string> {
  const log = createWriteStream(join(folder, `${command}.log`), { flags: 'a' });
  const lines = createInterface(child.stdout);
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      log.write(`${line}\n`);
      if (line.includes(sign)) resolve(line);
    });
    child.once('exit', (code) => {
      log.end();
      reject(new Error(`copydock ${command} ended with ${code}: see ${join(folder, `${command}.log`)}`));
    });
  });
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
