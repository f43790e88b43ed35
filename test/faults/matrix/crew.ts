import type { ServiceProcess } from '../harness/service-process.js';
import type { StartOptions, World } from '../harness/world.js';
import { PART_SIZE } from './scenario.js';

/** Small parts and few at a time, so that a load is long; a stop waits for nothing. */
export const WORKER_SETTINGS = {
  COPYDOCK_PART_SIZE: PART_SIZE,
  COPYDOCK_BUFFER_MEMORY: '256KiB',
  COPYDOCK_SHUTDOWN_TIMEOUT_S: '0',
};

/** The one worker of a world: the one that is broken, and then the one that takes over. */
export class Crew {
  readonly #world: World;
  #worker: ServiceProcess | null = null;
  /** Those before it, however they ended. */
  readonly #former: ServiceProcess[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  get worker(): ServiceProcess {
    if (this.#worker === null) throw new Error('there is no worker');
    return this.#worker;
  }

  /** A worker that is well, and no other, for the next cell. */
  async ready(): Promise<void> {
    await Promise.all(this.#former.splice(0).map((worker) => worker.destroy()));
    if (this.#worker?.isRunning !== true) await this.replace();
  }

  /** Starts another worker; the one before is as the fault left it until the cell is over. */
  async replace(armings: StartOptions['armings'] = []): Promise<ServiceProcess> {
    if (this.#worker !== null) this.#former.push(this.#worker);
    this.#worker = await this.#world.startWorker({ env: WORKER_SETTINGS, armings });
    return this.#worker;
  }

  /** Until `replace` nobody works. */
  async dismiss(): Promise<void> {
    await this.#worker?.destroy();
    this.#worker = null;
  }
}
