import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ground } from '../faults/harness/servers.js';
import { buildProgram } from '../services/build-program.js';
import { ensureRedisServer, ensureSeaweedfs } from '../services/install.js';
import { killNow, type Services, stopServices } from '../services/processes.js';
import { CACHE_DIR } from '../services/start.js';
import { startSeaweedfs } from '../services/start-seaweedfs.js';

/** What the soak has made, undone in reverse order. */
export class SoakGround implements Ground {
  readonly #undos: (() => Promise<void> | void)[] = [];

  teardown(undo: () => Promise<void> | void): void {
    this.#undos.unshift(undo);
  }

  /** One that fails does not keep the others from being undone. */
  async undo(): Promise<void> {
    for (const undo of this.#undos.splice(0)) await (async () => undo())().catch(() => {});
  }

  /** The program as it is now, named in the variable that the harness reads. */
  async buildProgram(): Promise<void> {
    const folder = join(CACHE_DIR, `soak-${process.pid}`);
    this.teardown(() => rm(folder, { recursive: true, force: true }));
    process.env.TEST_PROGRAM = await buildProgram(folder);
  }

  /** An S3 server of its own, named in the variables that the harness reads. */
  async startS3(): Promise<void> {
    ensureRedisServer();
    const weed = await ensureSeaweedfs(CACHE_DIR);
    const folder = await mkdtemp(join(tmpdir(), 'copydock-soak-'));
    const services: Services = { env: {}, processIds: [], paths: [folder] };
    const killAtExit = () => killNow(services);
    process.once('exit', killAtExit);
    this.teardown(async () => {
      await stopServices(services);
      process.removeListener('exit', killAtExit);
    });
    await mkdir(join(folder, 's3'));
    await startSeaweedfs(weed, join(folder, 's3'), async ({ env, processIds = [], paths = [] }) => {
      Object.assign(services.env, env);
      services.processIds.push(...processIds);
      services.paths.push(...paths);
    });
    Object.assign(process.env, services.env);
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  }
}
