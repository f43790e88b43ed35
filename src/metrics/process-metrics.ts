import { Counter, collectDefaultMetrics, Registry } from 'prom-client';
import { measurePools, type ReadPools } from './pool-metrics.js';

export const DELIVERY_OUTCOMES = ['delivered', 'failed', 'given_up'] as const;
export type DeliveryOutcome = (typeof DELIVERY_OUTCOMES)[number];

/** What every process of Copydock tells of itself: the process's own figures, its sweeps and webhooks. */
export class ProcessMetrics {
  readonly registry = new Registry();
  /** Whoever opens pools adds itself. */
  readonly pools: ReadPools[] = [];
  readonly #sweeps: Counter<'outcome'>;
  readonly #wakes: Counter<'outcome'>;
  readonly #deliveries: Counter<'env' | 'outcome'>;

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    measurePools(this.registry, this.pools);
    this.#sweeps = new Counter({
      name: 'copydock_sweeps_total',
      help: 'Sweeps over the unfinished loads, by outcome: done or failed.',
      labelNames: ['outcome'],
      registers: [this.registry],
    });
    this.#wakes = new Counter({
      name: 'copydock_sweep_wakes_total',
      help: 'Loads that sweeps handed to the queue, by outcome: sent or failed.',
      labelNames: ['outcome'],
      registers: [this.registry],
    });
    this.#deliveries = new Counter({
      name: 'copydock_webhook_deliveries_total',
      help: 'Deliveries of webhooks, by outcome: delivered, failed (to be tried again) or given_up.',
      labelNames: ['env', 'outcome'],
      registers: [this.registry],
    });
  }

  /** In the text format of Prometheus. */
  async render(): Promise<{ mediaType: string; text: string }> {
    return { mediaType: this.registry.contentType, text: await this.registry.metrics() };
  }

  /** Begins to count at 0: to Prometheus a counter that begins at 1 has not risen. */
  expectDeliveries(env: string): void {
    for (const outcome of DELIVERY_OUTCOMES) this.#deliveries.inc({ env, outcome }, 0);
  }

  countDelivery(env: string, outcome: DeliveryOutcome): void {
    this.#deliveries.inc({ env, outcome });
  }

  /** `null`: the sweep itself failed. */
  countSweep(wakes: { sent: number; failed: number } | null): void {
    this.#sweeps.inc({ outcome: wakes === null ? 'failed' : 'done' });
    if (wakes === null) return;
    this.#wakes.inc({ outcome: 'sent' }, wakes.sent);
    this.#wakes.inc({ outcome: 'failed' }, wakes.failed);
  }
}
