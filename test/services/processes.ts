import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from '../../src/start/embedded/stale-postmaster.js';

const POLL_MS = 50;
const GRACE_MS = 8_000;

/** What the tests run against: how to reach it, and what must be ended and removed afterwards. */
export interface Services {
  env: Record<string, string>;
  processIds: number[];
  /** Files and folders. */
  paths: string[];
}

export type OnStarted = (part: Partial<Services>) => Promise<void>;

/** In a process group of its own, so that a Ctrl-C on the terminal reaches only the runner, which stops it in order. */
export function spawnServer(
  program: string,
  args: string[],
  options: { logFile: string; cwd: string; env?: Record<string, string> },
): ChildProcess & { pid: number } {
  const log = openSync(options.logFile, 'a');
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: ['ignore', log, log],
  });
  child.unref();
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} could not be started`);
  return Object.assign(child, { pid });
}

export async function waitUntil(
  what: string,
  timeoutMs: number,
  isTrue: () => Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
    await delay(POLL_MS);
  }
}

/** Throws with the end of its log if a server that should be up has ended. */
export function checkRunning(server: ChildProcess, name: string, logFile: string): void {
  if (server.exitCode === null && server.signalCode === null) return;
  const lastLines = readFileSync(logFile, 'utf8').trim().split('\n').slice(-3);
  throw new Error(`${name} ended while it started: ${lastLines.join(' / ')}`);
}

/** SIGINT first, which is PostgreSQL's fast shutdown too; what is left after the grace time is killed. */
export async function stopServices(services: Pick<Services, 'processIds' | 'paths'>): Promise<void> {
  await Promise.all(services.processIds.map(endProcess));
  await Promise.all(services.paths.map((path) => rm(path, { recursive: true, force: true })));
}

async function endProcess(pid: number): Promise<void> {
  signal(pid, 'SIGINT');
  try {
    await waitUntil(`The end of process ${pid}`, GRACE_MS, async () => !isAlive(pid));
  } catch {
    signal(pid, 'SIGKILL');
  }
}

/** For the last moment of the runner, when nothing can be awaited any more. */
export function killNow(services: Pick<Services, 'processIds'>): void {
  for (const pid of services.processIds) signal(pid, 'SIGKILL');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
