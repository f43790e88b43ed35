import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import type { Fault } from './fault.js';
import { ProxiedConnection } from './proxied-connection.js';
import { StatementFaults, type StatementRule, StatementWatch } from './statement-faults.js';

export type ConnectionFault = 'cut' | 'refuse' | 'delay' | 'black_hole';

const LOOPBACK = '127.0.0.1';

/** Stands before a server on loopback, on a port of its own, and does to its connections what a test asks for. */
export class TcpProxy {
  readonly port: number;
  /** How often each fault had an effect: connections cut or refused, pieces of data delayed or held back. */
  readonly fired: Record<ConnectionFault, number> = { cut: 0, refuse: 0, delay: 0, black_hole: 0 };
  readonly #server: net.Server;
  readonly #targetPort: number;
  readonly #connections = new Set<ProxiedConnection>();
  readonly #statements: StatementFaults | null;
  #isRefusing = false;
  #isCuttingNext = false;
  #delayMs = 0;
  #blackHole: Promise<void> | undefined;
  #endBlackHole: () => void = () => {};

  /** `postgres`: statements can be met, too. */
  static async start(targetPort: number, protocol: 'postgres' | 'bytes' = 'bytes'): Promise<TcpProxy> {
    const server = net.createServer({ allowHalfOpen: true });
    server.listen(0, LOOPBACK);
    await once(server, 'listening');
    return new TcpProxy(server, targetPort, protocol);
  }

  private constructor(server: net.Server, targetPort: number, protocol: 'postgres' | 'bytes') {
    this.#server = server;
    this.#targetPort = targetPort;
    this.#statements = protocol === 'postgres' ? new StatementFaults() : null;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => this.#accept(client));
  }

  /** The same URL by way of this proxy. */
  url(direct: string): string {
    const url = new URL(direct);
    url.hostname = LOOPBACK;
    url.port = String(this.port);
    return url.href;
  }

  /** Resets every connection; answers how many there were. */
  cut(): number {
    const { size } = this.#connections;
    for (const connection of this.#connections) connection.cut();
    this.#connections.clear();
    this.fired.cut += size;
    return size;
  }

  /** Resets every connection or, where a client happens to hold none, the next that it makes. */
  cutNowOrNext(): void {
    this.#isCuttingNext = this.cut() === 0;
  }

  /** New connections are reset at once, until `heal`. */
  refuse(): void {
    this.#isRefusing = true;
  }

  /** Each piece of data, both ways, comes so much later, until `heal`. */
  delay(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  /** Connections are accepted and stay, but nothing passes. At `heal` what was held back goes on, as TCP would. */
  blackHole(): void {
    if (this.#blackHole !== undefined) return;
    this.#blackHole = new Promise((resolve) => {
      this.#endBlackHole = resolve;
    });
  }

  /** Does something to the connection that sends a statement. */
  atStatement(rule: StatementRule): Fault {
    if (this.#statements === null) throw new Error('this proxy does not read statements');
    return this.#statements.arm(rule);
  }

  /** Ends one fault, or all of them. Connections that were cut stay so; statements that were held go on. */
  heal(which?: Exclude<ConnectionFault, 'cut'>): void {
    if (which !== 'delay' && which !== 'black_hole') this.#isRefusing = false;
    if (which !== 'refuse' && which !== 'black_hole') this.#delayMs = 0;
    if (which !== 'refuse' && which !== 'delay') {
      this.#blackHole = undefined;
      this.#endBlackHole();
    }
    if (which !== undefined) return;
    this.#isCuttingNext = false;
    this.#statements?.disarmAll();
  }

  async close(): Promise<void> {
    this.heal();
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const connection of this.#connections) connection.cut();
    await closed;
  }

  #accept(client: Socket): void {
    client.on('error', () => {});
    if (this.#isRefusing || this.#isCuttingNext) {
      this.fired[this.#isRefusing ? 'refuse' : 'cut'] += 1;
      this.#isCuttingNext = false;
      client.resetAndDestroy();
      return;
    }
    const server = net.connect({ port: this.#targetPort, host: LOOPBACK, allowHalfOpen: true });
    const watch = this.#statements === null ? null : new StatementWatch(this.#statements);
    const connection = new ProxiedConnection(client, server, this.#weather(), watch);
    this.#connections.add(connection);
    void connection.run().finally(() => this.#connections.delete(connection));
  }

  #weather() {
    const delayMs = () => this.#delayMs;
    const blackHole = () => this.#blackHole;
    return {
      get delayMs() {
        return delayMs();
      },
      get blackHole() {
        return blackHole();
      },
      countFired: (kind: 'delay' | 'black_hole') => {
        this.fired[kind] += 1;
      },
    };
  }
}
