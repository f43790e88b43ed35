import { Histogram, type Registry } from 'prom-client';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export interface AnsweredRequest {
  method: string;
  /** The route's pattern, such as `/v1/loads/:id`: bounded, unlike the path. */
  route: string;
  status: number;
  seconds: number;
}

/** How requests are answered. Reads that wait for a change are in it with the time they waited. */
export class HttpMetrics {
  readonly #durations: Histogram<'method' | 'route' | 'status'>;

  constructor(registry: Registry) {
    this.#durations = new Histogram({
      name: 'copydock_http_request_duration_seconds',
      help: 'Time to answer a request, by method, route and status.',
      labelNames: ['method', 'route', 'status'],
      buckets: SECONDS,
      registers: [registry],
    });
  }

  observe({ method, route, status, seconds }: AnsweredRequest): void {
    this.#durations.observe({ method, route, status: String(status) }, seconds);
  }
}
