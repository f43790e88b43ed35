import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  /** Unix milliseconds, when it came. */
  at: number;
  method: string;
  path: string;
  /** null: Copydock gave no answer. */
  status: number | null;
}

export interface CountingProxy {
  url: string;
  seen: SeenRequest[];
  /** Copydock gets the next POST that matches, Airflow loses its answer. */
  loseNextAnswer(matches: (path: string) => boolean): void;
  close(): Promise<void>;
}

/** Stands between Airflow and Copydock. While Copydock is down the connection breaks, as it would without a proxy. */
export async function startCountingProxy(target: () => URL): Promise<CountingProxy> {
  const seen: SeenRequest[] = [];
  const toLose: ((path: string) => boolean)[] = [];

  const pass = (incoming: IncomingMessage, answer: ServerResponse) => {
    const { method = 'GET', url = '/', headers } = incoming;
    const entry: SeenRequest = { at: Date.now(), method, path: url, status: null };
    seen.push(entry);
    const lost = method === 'POST' ? toLose.findIndex((matches) => matches(url)) : -1;
    const { hostname, port } = target();
    const outgoing = request({ hostname, port, method, path: url, headers, agent: false }, (response) => {
      entry.status = response.statusCode ?? null;
      if (lost >= 0) {
        toLose.splice(lost, 1);
        response.resume();
        response.once('end', () => incoming.socket.destroy());
        return;
      }
      answer.writeHead(response.statusCode ?? 502, response.statusMessage, response.headers);
      response.pipe(answer);
      response.once('error', () => incoming.socket.destroy());
    });
    outgoing.once('error', () => incoming.socket.destroy());
    incoming.pipe(outgoing);
  };

  const server = createServer({ keepAlive: false }, pass);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    loseNextAnswer: (matches) => toLose.push(matches),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
