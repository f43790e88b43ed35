import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killNow, type Services, stopServices } from './processes.js';
import { endAbandonedRuns, forgetRun, recordRun } from './registry.js';
import { startServices } from './start.js';

/**
 * Runs `work` beside services of its own, whose variables are in `process.env` meanwhile, with a folder of its own, which
 * `keepsFolder` leaves and names. Whatever ends the process ends the services.
 */
export async function withServices<T>(
  { folderPrefix, keepsFolder = false }: { folderPrefix: string; keepsFolder?: boolean | undefined },
  work: (folder: string) => Promise<T>,
): Promise<T> {
  await endAbandonedRuns();
  const folder = await mkdtemp(join(tmpdir(), folderPrefix));
  let services: Services = { env: {}, processIds: [], paths: [] };
  process.once('exit', () => killNow(services));
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(130));
  try {
    services = await startServices(async (soFar) => {
      services = soFar;
      await recordRun(soFar);
    });
    Object.assign(process.env, services.env);
    return await work(folder);
  } finally {
    await stopServices(services);
    await forgetRun();
    if (keepsFolder) console.log(`Logs are kept in ${folder}`);
    else await rm(folder, { recursive: true, force: true });
  }
}
