import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';
import { writeConfig } from '../config/config-file.js';
import { serviceVariable } from '../services/service-variables.js';
import type { Stack } from './stack.js';

const PROJECT_DIR = join(import.meta.dirname, '../..');

/** `copydock worker` in a process of its own, on the stack's database, queue and S3. */
export interface WorkerProcess {
  pid: number;
  /** Sends the signal and waits for the end; answers the exit code, or null after a killing signal. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** Highest resident memory so far (VmHWM). */
  peakMemoryMiB(): Promise<number>;
}

/** Resolves once the worker takes loads; it is killed at the end of the test. */
export async function startWorkerProcess(
  t: Test,
  { config }: Stack,
  variables: Record<string, string> = {},
): Promise<WorkerProcess> {
  const engine = config.environments.get('development')?.copyEngine;
  const child = spawn(process.execPath, [serviceVariable('TEST_PROGRAM'), 'worker'], {
    cwd: PROJECT_DIR,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      DATABASE_URL: config.databaseUrl,
      QUEUE_URL: config.queueUrl,
      AWS_ENDPOINT_URL_S3: serviceVariable('TEST_S3_ENDPOINT'),
      AWS_ACCESS_KEY_ID: serviceVariable('TEST_S3_ACCESS_KEY'),
      AWS_SECRET_ACCESS_KEY: serviceVariable('TEST_S3_SECRET_KEY'),
      COPYDOCK_ENVIRONMENTS: 'development',
      COPYDOCK_CONFIG: await writeConfig(t, `environments: { development: { copy_engine: ${engine} } }`),
      LOG_LEVEL: 'info',
      ...variables,
    },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('the worker process did not start');
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    return await ended;
  };
  t.teardown(() => end('SIGKILL'));
  const log: string[] = [];
  const lines = createInterface(child.stdout);
  const started = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      log.push(line);
      if (line.includes('worker started')) resolve();
    });
  });
  const endedEarly = ended.then((code) => {
    throw new Error(`the worker ended with ${code} before it took loads: ${log.join('\n')}`);
  });
  await Promise.race([started, endedEarly]);
  endedEarly.catch(() => {});
  return { pid, end, peakMemoryMiB: () => readPeakMemory(pid) };
}

async function readPeakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`no VmHWM of process ${pid}`);
  return Number(kibibytes) / 1024;
}
