import type { FastifyRequest } from 'fastify';
import { CopydockError } from '../loads/errors.js';
import type { Submitted } from '../loads/service.js';
import { acceptTraceParent } from '../tracing/trace-parent.js';
import type { Tracer } from '../tracing/tracer.js';

/** Submits within a span of the caller's trace, which the load keeps as its own. */
export async function traceSubmission(
  tracer: Tracer,
  request: FastifyRequest,
  submit: (traceParent: string | null) => Promise<Submitted>,
): Promise<Submitted> {
  const { method, headers, routeOptions } = request;
  const route = routeOptions.url ?? '';
  const span = tracer.startSpan(`${method} ${route}`, {
    parent: acceptTraceParent(headers.traceparent),
    isServer: true,
    attributes: { 'http.request.method': method, 'http.route': route },
  });
  try {
    const submitted = await submit(span.traceParent);
    const { load, outcome } = submitted;
    span.set({
      'http.response.status_code': 202,
      'copydock.load_id': load.id,
      'copydock.env': load.env,
      'copydock.data_set': load.data_set,
      'copydock.submission': outcome,
    });
    return submitted;
  } catch (error) {
    const { code, status, title } =
      error instanceof CopydockError ? error : new CopydockError('internal_error', 'An unexpected error.');
    span.set({ 'http.response.status_code': status });
    span.fail(code, title);
    throw error;
  } finally {
    span.end();
  }
}
