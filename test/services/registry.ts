import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, type Services, stopServices } from './processes.js';
import { CACHE_DIR } from './start.js';

const RUNS_DIR = join(CACHE_DIR, 'runs');
const KEPT_FILE = join(CACHE_DIR, 'kept-services.json');

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
