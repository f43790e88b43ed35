import { setTimeout as sleep } from 'node:timers/promises';
import type { Look, Scenario } from './scenario.js';

const LOOK_EVERY_MS = 15;

/** Reads the target all the while, as its users do, also through restarts of the server. */
export class Reader {
  /** What it saw, each change once. */
  readonly seen: Look[] = [];
  looks = 0;
  readonly #scenario: Scenario;
  readonly #running: Promise<void>;
  #isStopped = false;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const look = await this.#scenario.look().catch(() => null);
      if (look !== null) {
        this.looks += 1;
        if (this.seen.at(-1) !== look) this.seen.push(look);
      }
      await sleep(LOOK_EVERY_MS);
    }
  }
}
