import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { connectTo } from '../../config/postgres-connection.js';
import type { LoadChanges } from '../../loads/store.js';
import { ignoreBrokenConnection } from '../pool.js';
import { Subscribers } from './subscribers.js';

const CHANNEL = 'copydock_loads';
const CONNECT_TIMEOUT_MS = 3_000;
/** A connection that a firewall forgot looks idle for ever: it is asked this often, and given this long to answer. */
const PROBE_INTERVAL_MS = 10_000;
const PROBE_TIMEOUT_MS = 5_000;
const GOODBYE_TIMEOUT_MS = 1_000;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 5_000;

/**
 * Changed loads, told by one connection that listens. While it is down messages are lost, so every subscriber is
 * called once after each connect and reads for itself. Not through a transaction-mode pooler.
 */
export class ChangeFeed implements LoadChanges {
  readonly #subscribers = new Subscribers();
  readonly #stopping = new AbortController();
  readonly #config: pg.ClientConfig;
  readonly #logger: Logger;
  readonly #running: Promise<void>;

  /** Connects in the background, again and again until `stop`. */
  constructor({ databaseUrl, logger }: { databaseUrl: string; logger: Logger }) {
    this.#logger = logger;
    this.#config = {
      ...connectTo(databaseUrl),
      application_name: 'copydock changes',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: PROBE_TIMEOUT_MS,
      keepAlive: true,
    };
    this.#running = this.#run();
  }

  subscribe(id: string, onChange: () => void): () => void {
    return this.#subscribers.add(id, onChange);
  }

  subscribeAll(onChange: (id: string | null) => void): () => void {
    return this.#subscribers.addToAll(onChange);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS;
    while (!this.#stopping.signal.aborted) {
      const wasConnected = await this.#listenUntilBroken();
      backoffMs = wasConnected ? FIRST_BACKOFF_MS : Math.min(backoffMs * 2, LONGEST_BACKOFF_MS);
      await this.#pause(backoffMs);
    }
  }

  /** Answers whether the connection ever listened. */
  async #listenUntilBroken(): Promise<boolean> {
    const client = new pg.Client(this.#config);
    client.on('error', ignoreBrokenConnection);
    client.on('notification', ({ payload }) => this.#subscribers.call(payload ?? ''));
    const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
    let wasConnected = false;
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      wasConnected = true;
      this.#subscribers.callAll();
      await this.#probeUntilBroken(client, ended);
    } catch (error) {
      if (!this.#stopping.signal.aborted)
        this.#logger.warn({ err: error }, 'change feed lost its connection');
    }
    await this.#end(client);
    return wasConnected;
  }

  async #probeUntilBroken(client: pg.Client, ended: Promise<void>): Promise<void> {
    while (true) {
      await Promise.race([this.#pause(PROBE_INTERVAL_MS), ended]);
      if (this.#stopping.signal.aborted) return;
      await client.query('SELECT');
    }
  }

  /** A server that fell silent does not answer a goodbye either. */
  async #end(client: pg.Client): Promise<void> {
    const goodbye = new AbortController();
    const patience = delay(GOODBYE_TIMEOUT_MS, undefined, { signal: goodbye.signal }).catch(() => {});
    await Promise.race([client.end(), patience]);
    goodbye.abort();
  }

  async #pause(durationMs: number): Promise<void> {
    await delay(durationMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
  }
}
