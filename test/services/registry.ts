import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from '../../src/start/embedded/stale-postmaster.js';
import { type Services, stopServices, waitUntil } from './processes.js';
import { CACHE_DIR } from './start.js';

const RUNS_DIR = join(CACHE_DIR, 'runs');
const KEPT_FILE = join(CACHE_DIR, 'kept-services.json');
const KEPT_LOCK = join(CACHE_DIR, 'kept-services.lock');
const LOCK_TIMEOUT_MS = 120_000;

/** Written down as they start, so that a later run can end what a killed one left behind. */
export async function recordRun(services: Services): Promise<void> {
  await writeWhole(runFile(process.pid), services);
}

export async function forgetRun(): Promise<void> {
  await rm(runFile(process.pid), { force: true });
}

/** Ends the services of runs whose process is gone. */
export async function endAbandonedRuns(): Promise<void> {
  if (!existsSync(RUNS_DIR)) return;
  for (const name of await readdir(RUNS_DIR)) {
    const pid = Number(name.replace('.json', ''));
    if (!Number.isInteger(pid) || isAlive(pid)) continue;
    const services = await readServices(join(RUNS_DIR, name));
    if (services) await stopServices(services);
    await rm(join(RUNS_DIR, name), { force: true });
  }
}

/** Of several runs that want kept services at once, one starts them while the others wait. */
export async function lockKeptServices<T>(use: () => Promise<T>): Promise<T> {
  await mkdir(CACHE_DIR, { recursive: true });
  await waitUntil(`The lock ${KEPT_LOCK}`, LOCK_TIMEOUT_MS, takeLock);
  try {
    return await use();
  } finally {
    await rm(KEPT_LOCK, { force: true });
  }
}

async function takeLock(): Promise<boolean> {
  try {
    await writeFile(KEPT_LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const owner = Number(await readFile(KEPT_LOCK, 'utf8').catch(() => ''));
  if (owner > 0 && !isAlive(owner)) await rm(KEPT_LOCK, { force: true });
  return false;
}

export async function keepServices(services: Services): Promise<void> {
  await writeWhole(KEPT_FILE, services);
}

/** The services that an earlier run kept, if all of them are still there. */
export async function findKeptServices(): Promise<Services | null> {
  const services = await readServices(KEPT_FILE);
  return services?.processIds.every(isAlive) ? services : null;
}

export async function endKeptServices(): Promise<boolean> {
  const services = await readServices(KEPT_FILE);
  if (services) await stopServices(services);
  await rm(KEPT_FILE, { force: true });
  return services !== null;
}

async function readServices(file: string): Promise<Services | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Services;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function writeWhole(file: string, services: Services): Promise<void> {
  await mkdir(RUNS_DIR, { recursive: true });
  await writeFile(`${file}.${process.pid}`, JSON.stringify(services), { mode: 0o600 });
  await rename(`${file}.${process.pid}`, file);
}

function runFile(pid: number): string {
  return join(RUNS_DIR, `${pid}.json`);
}
