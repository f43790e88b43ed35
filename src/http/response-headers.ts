import type { ApiMetrics } from '../metrics/api-metrics.js';
import type { App } from './types.js';

/** On every answer; a page brings its own Content-Security-Policy. */
const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-cache',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
};

/** Also measures each request and writes a log line: reads of pollers at debug, what changes something at info. */
export function registerResponseHeaders(app: App, metrics: Pick<ApiMetrics, 'observe'>): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(HEADERS);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, url } = request;
    const route = request.routeOptions.url ?? 'none';
    metrics.observe({ method, route, status: reply.statusCode, seconds: reply.elapsedTime / 1000 });
    const level = method === 'GET' || method === 'HEAD' ? 'debug' : 'info';
    const durationMs = Math.round(reply.elapsedTime);
    request.log[level]({ method, url, status: reply.statusCode, duration_ms: durationMs }, 'answered');
  });
}
