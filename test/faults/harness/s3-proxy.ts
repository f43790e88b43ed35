import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Fault } from './fault.js';

/**
 * What a request meets instead of its answer:
 * - `slow_down`, `forbidden`, `not_found`: an answer of the proxy; the server sees nothing;
 * - `reset`: the connection is reset, and the server sees nothing;
 * - `reset_mid_body`: half of the answer's body (of a GET) or of the request's (of a PUT), then a reset;
 * - `lose_answer`: the server does it, but the client gets a reset;
 * - `hold`: it reaches the server only after `release`.
 */
export type S3Effect =
  | 'slow_down'
  | 'forbidden'
  | 'not_found'
  | 'reset'
  | 'reset_mid_body'
  | 'lose_answer'
  | 'hold';

export interface S3Rule {
  method?: string;
  /** Matched against path and query, as sent: `/bucket/key` or `/bucket?list-type=2&prefix=...`. */
  url?: RegExp;
  effect: S3Effect;
  /** How often it may fire; default: until `heal`. */
  times?: number;
  /** Requests that match but are let through first. */
  skip?: number;
}

const ANSWERS = {
  slow_down: { status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' },
  forbidden: { status: 403, code: 'AccessDenied', message: 'Access Denied' },
  not_found: { status: 404, code: 'NoSuchKey', message: 'The specified key does not exist.' },
} as const;

interface Armed {
  rule: S3Rule;
  fault: Fault;
  toSkip: number;
}

/** Stands before an S3 server and reads its requests. The Host header is kept, since signatures cover it. */
export class S3Proxy {
  readonly port: number;
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #armed: Armed[] = [];

  static async start(targetPort: number): Promise<S3Proxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new S3Proxy(server, targetPort);
  }

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.#targetPort = targetPort;
    this.port = (server.address() as AddressInfo).port;
    server.on('request', (incoming, response) => {
      const { socket } = incoming;
      this.#handle(incoming, response, socket).catch(() => socket.resetAndDestroy());
    });
    server.on('checkContinue', (incoming, response) => {
      response.writeContinue();
      server.emit('request', incoming, response);
    });
  }

  /** Does something to the requests that match. */
  at(rule: S3Rule): Fault {
    const name = `${rule.effect} at ${rule.method ?? 'any'} ${rule.url ?? ''}`;
    const fault = new Fault(name, rule.times ?? Number.POSITIVE_INFINITY);
    this.#armed.push({ rule, fault, toSkip: rule.skip ?? 0 });
    return fault;
  }

  /** Tells of every request before anything is done about it. */
  watch(onRequest: (request: IncomingMessage) => void): void {
    this.#server.on('request', onRequest);
  }

  heal(): void {
    for (const { fault } of this.#armed.splice(0)) fault.disarm();
  }

  async close(): Promise<void> {
    this.heal();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse, socket: Socket): Promise<void> {
    const met = this.#find(incoming);
    if (met === undefined) return this.#forward(incoming, response, socket);
    const { rule, fault } = met;
    fault.countFired();
    switch (rule.effect) {
      case 'hold':
        await fault.released;
        return this.#forward(incoming, response, socket);
      case 'reset':
        socket.resetAndDestroy();
        return;
      case 'reset_mid_body':
        if (incoming.method === 'PUT') await readHalf(incoming);
        else await this.#sendHalf(incoming, socket);
        socket.resetAndDestroy();
        return;
      case 'lose_answer':
        await this.#finishUnseen(incoming);
        socket.resetAndDestroy();
        return;
      default:
        return answer(incoming, response, ANSWERS[rule.effect]);
    }
  }

  #find({ method = '', url = '' }: IncomingMessage): Armed | undefined {
    return this.#armed.find((armed) => {
      const { rule, fault } = armed;
      const isMet =
        fault.isArmed && (rule.method ?? method) === method && (rule.url === undefined || rule.url.test(url));
      if (!isMet) return false;
      if (armed.toSkip === 0) return fault.claim();
      armed.toSkip -= 1;
      return false;
    });
  }

  async #send(incoming: IncomingMessage): Promise<IncomingMessage> {
    const outgoing = request({
      host: '127.0.0.1',
      port: this.#targetPort,
      method: incoming.method,
      path: incoming.url,
      headers: incoming.rawHeaders,
    });
    incoming.on('close', () => {
      if (!incoming.complete) outgoing.destroy();
    });
    incoming.pipe(outgoing);
    const [answered] = (await once(outgoing, 'response')) as [IncomingMessage];
    return answered;
  }

  async #forward(incoming: IncomingMessage, response: ServerResponse, socket: Socket): Promise<void> {
    const answered = await this.#send(incoming);
    answered.on('error', () => socket.resetAndDestroy());
    response.on('close', () => answered.destroy());
    response.writeHead(answered.statusCode ?? 500, answered.rawHeaders);
    answered.pipe(response);
  }

  async #sendHalf(incoming: IncomingMessage, socket: Socket): Promise<void> {
    const answered = await this.#send(incoming);
    const half = Math.floor(Number(answered.headers['content-length'] ?? 0) / 2);
    const head = [`HTTP/1.1 ${answered.statusCode} OK`, ...headerLines(answered.rawHeaders)];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    let sentBytes = 0;
    for await (const chunk of answered as AsyncIterable<Buffer>) {
      const piece = chunk.subarray(0, half - sentBytes);
      sentBytes += piece.length;
      await new Promise((resolve) => socket.write(piece, resolve));
      if (sentBytes >= half) break;
    }
  }

  async #finishUnseen(incoming: IncomingMessage): Promise<void> {
    const answered = await this.#send(incoming);
    answered.resume();
    await once(answered, 'end');
  }
}

async function readHalf(incoming: IncomingMessage): Promise<void> {
  const half = Math.floor(Number(incoming.headers['content-length'] ?? 0) / 2);
  let readBytes = 0;
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    readBytes += chunk.length;
    if (readBytes >= half) break;
  }
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  { status, code, message }: { status: number; code: string; message: string },
): Promise<void> {
  incoming.resume();
  if (!incoming.complete) await once(incoming, 'end');
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  response.writeHead(status, {
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(body),
  });
  response.end(incoming.method === 'HEAD' ? undefined : body);
}

function headerLines(rawHeaders: readonly string[]): string[] {
  return rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : []));
}
