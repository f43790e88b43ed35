import type { Fleet } from '../loads/fleet.js';
import { FleetMetrics } from './fleet-metrics.js';
import { type AnsweredRequest, HttpMetrics } from './http-metrics.js';
import type { ProcessMetrics } from './process-metrics.js';

/** What the API tells: how it answers, and what all processes together have before them. */
export class ApiMetrics {
  readonly #process: ProcessMetrics;
  readonly #http: HttpMetrics;
  readonly #fleet: FleetMetrics;

  constructor(process: ProcessMetrics, readFleet: () => Promise<Fleet>) {
    this.#process = process;
    this.#http = new HttpMetrics(process.registry);
    this.#fleet = new FleetMetrics(process.registry, readFleet);
  }

  observe(answered: AnsweredRequest): void {
    this.#http.observe(answered);
  }

  /** In the text format of Prometheus. */
  async render(): Promise<{ mediaType: string; text: string }> {
    await this.#fleet.refresh();
    return this.#process.render();
  }
}
