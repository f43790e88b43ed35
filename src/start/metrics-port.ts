import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type pino from 'pino';

export interface MetricsPort {
  url: string;
  stop(): Promise<void>;
}

export interface MetricsPortOptions {
  host: string;
  port: number;
  metrics: { render(): Promise<{ mediaType: string; text: string }> };
  /** Whether this process can do its work at this moment. */
  isReady: () => Promise<boolean>;
  logger: pino.Logger;
}

/** `/metrics`, `/livez` and `/readyz` on a port of their own, without a key: for Prometheus and probes, not for users. */
export async function openMetricsPort(options: MetricsPortOptions): Promise<MetricsPort> {
  const server = createServer((request, response) => {
    answer(options, request.url ?? '/', response).catch((error: unknown) => {
      options.logger.warn({ err: error }, 'metrics could not be read');
      send(response, 500, 'text/plain', 'the metrics could not be read; see the log\n');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  const url = `http://${host}:${port}`;
  options.logger.info({ url }, 'metrics listening');
  return {
    url,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  { metrics, isReady }: MetricsPortOptions,
  url: string,
  response: ServerResponse,
): Promise<void> {
  switch (url.split('?', 1)[0]) {
    case '/livez':
      return send(response, 200, 'text/plain', 'alive\n');
    case '/readyz':
      return (await isReady())
        ? send(response, 200, 'text/plain', 'ready\n')
        : send(response, 503, 'text/plain', 'not ready\n');
    case '/metrics': {
      const { mediaType, text } = await metrics.render();
      return send(response, 200, mediaType, text);
    }
    default:
      return send(response, 404, 'text/plain', 'here are /metrics, /livez and /readyz\n');
  }
}

function send(response: ServerResponse, status: number, mediaType: string, text: string): void {
  response.writeHead(status, { 'Content-Type': mediaType, 'Cache-Control': 'no-store' }).end(text);
}
