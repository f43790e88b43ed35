import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.js';
import type { StatementWatch } from './statement-faults.js';

/** What the proxy wants of its connections at the moment. */
export interface Weather {
  delayMs: number;
  /** Resolves when bytes may pass again; undefined: they may now. */
  blackHole: Promise<void> | undefined;
  countFired(kind: 'delay' | 'black_hole'): void;
}

/** One client's connection through a proxy: two streams of bytes that faults act on. */
export class ProxiedConnection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #weather: Weather;
  readonly #watch: StatementWatch | null;
  #swallowing: { fault: Fault; thenCut: boolean; hasFired: boolean } | null = null;

  constructor(client: Socket, server: Socket, weather: Weather, watch: StatementWatch | null) {
    this.#client = client;
    this.#server = server;
    this.#weather = weather;
    this.#watch = watch;
    for (const socket of [client, server]) socket.on('error', () => {});
    client.setNoDelay();
    server.setNoDelay();
  }

  /** Resolves when the connection is over. */
  async run(): Promise<void> {
    const ways = [
      this.#pass(this.#client, this.#server, (chunk) => this.#onClientData(chunk)),
      this.#pass(this.#server, this.#client, (chunk) => this.#onServerData(chunk)),
    ];
    await Promise.allSettled(ways);
    this.cut();
  }

  /** Both sides see a reset. */
  cut(): void {
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
  }

  async #pass(from: Socket, to: Socket, look: (chunk: Buffer) => Promise<boolean>): Promise<void> {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        await this.#weatherFault();
        if (!(await look(chunk))) continue;
        if (!to.write(chunk)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
      }
      await this.#weather.blackHole;
      to.end();
    } catch {
      await this.#weather.blackHole;
      this.cut();
    }
  }

  async #weatherFault(): Promise<void> {
    const { delayMs } = this.#weather;
    if (delayMs > 0) {
      this.#weather.countFired('delay');
      await sleep(delayMs);
    }
    const { blackHole } = this.#weather;
    if (blackHole !== undefined) this.#weather.countFired('black_hole');
    await blackHole;
  }

  /** Answers whether the chunk goes on. */
  async #onClientData(chunk: Buffer): Promise<boolean> {
    const met = this.#watch?.read(chunk);
    switch (met?.effect) {
      case 'cut_before':
        met.fault.countFired();
        this.cut();
        return false;
      case 'hold':
        met.fault.countFired();
        await met.fault.released;
        return true;
      case 'swallow':
      case 'swallow_and_cut':
        this.#swallowing = { fault: met.fault, thenCut: met.effect === 'swallow_and_cut', hasFired: false };
        return true;
      case undefined:
        return true;
    }
  }

  async #onServerData(_chunk: Buffer): Promise<boolean> {
    const swallowing = this.#swallowing;
    if (swallowing === null) return true;
    if (!swallowing.hasFired) swallowing.fault.countFired();
    swallowing.hasFired = true;
    if (swallowing.thenCut) this.cut();
    return false;
  }
}
