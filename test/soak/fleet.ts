import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient } from '../faults/harness/api-client.js';
import type { Exit, ServiceProcess } from '../faults/harness/service-process.js';
import type { World } from '../faults/harness/world.js';

const RESTART_AFTER_MS = 500;
/** Running loads get 2 s, then phases of the shutdown have their own limits. */
const SHUTDOWN_LIMIT_MS = 45_000;
/** Longer than two starts that hang until the harness gives them up. */
const UP_TIMEOUT_MS = 300_000;
const POLL_MS = 100;

/** A place of the fleet: whatever ends in it is started again, as by an orchestrator. */
export class Slot {
  process: ServiceProcess | null = null;
  /** Ends that nobody asked for, and shutdowns that took too long. */
  readonly faults: string[] = [];
  readonly #start: () => Promise<ServiceProcess>;
  readonly #name: string;
  #terminatedAt: number | null = null;
  #isClosing = false;
  #startFailure = 'no start has failed';

  constructor(name: string, start: () => Promise<ServiceProcess>) {
    this.#name = name;
    this.#start = start;
    void this.#keepUp();
  }

  /** The process, once there is one. */
  async waitUntilUp(): Promise<ServiceProcess> {
    const giveUpAt = Date.now() + UP_TIMEOUT_MS;
    while (this.process === null) {
      if (Date.now() > giveUpAt) throw new Error(`${this.#name} does not start: ${this.#startFailure}`);
      await sleep(POLL_MS);
    }
    return this.process;
  }

  kill(): boolean {
    this.process?.kill('SIGKILL');
    return this.process !== null;
  }

  terminate(): boolean {
    if (this.process === null || this.#terminatedAt !== null) return false;
    this.#terminatedAt = Date.now();
    this.process.kill('SIGTERM');
    return true;
  }

  close(): void {
    this.#isClosing = true;
    this.process?.kill('SIGKILL');
  }

  /** A start that fails while servers are broken is tried again: nothing else would an orchestrator do. */
  async #keepUp(): Promise<void> {
    while (!this.#isClosing) {
      try {
        this.process = await this.#start();
        const exit = await this.process.exited;
        this.#judge(exit, this.process);
      } catch (error) {
        this.#startFailure = String(error);
        await sleep(RESTART_AFTER_MS);
      }
      this.process = null;
      this.#terminatedAt = null;
      await sleep(RESTART_AFTER_MS);
    }
  }

  #judge({ code, signal }: Exit, { log }: ServiceProcess): void {
    if (this.#isClosing || signal === 'SIGKILL') return;
    if (this.#terminatedAt === null) {
      this.faults.push(`${this.#name} ended by itself with ${code ?? signal}: ${log.slice(-3).join(' ')}`);
      return;
    }
    const durationMs = Date.now() - this.#terminatedAt;
    if (durationMs > SHUTDOWN_LIMIT_MS) this.faults.push(`${this.#name} took ${durationMs} ms to stop`);
  }
}

/** The processes of the service. */
export class Fleet {
  readonly workers: Slot[];
  readonly apis: Slot[];
  readonly #staging: string;

  constructor(world: World, workers: number, apis: number) {
    this.#staging = world.staging;
    this.workers = slots(workers, (index) => new Slot(`worker ${index}`, () => world.startWorker()));
    this.apis = slots(apis, (index) => new Slot(`api ${index}`, () => world.startApi()));
  }

  /** A client of one of the APIs; null while that one is down. */
  client(index: number): ApiClient | null {
    const process = this.apis[index % this.apis.length]?.process ?? null;
    if (process === null) return null;
    const client = new ApiClient(this.#staging);
    client.url = process.url;
    return client;
  }

  async waitUntilUp(): Promise<void> {
    await Promise.all([...this.workers, ...this.apis].map((slot) => slot.waitUntilUp()));
  }

  /** Nothing is armed any more, and whoever stands still goes on. */
  calm(): void {
    for (const { process } of [...this.workers, ...this.apis]) {
      process?.disarm();
      process?.kill('SIGCONT');
    }
  }

  faults(): string[] {
    return [...this.workers, ...this.apis].flatMap((slot) => slot.faults);
  }

  close(): void {
    for (const slot of [...this.workers, ...this.apis]) slot.close();
  }
}

function slots(count: number, make: (index: number) => Slot): Slot[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
