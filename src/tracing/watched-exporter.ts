import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import type pino from 'pino';

type Report = Parameters<SpanExporter['export']>[1];

/** Says once that spans can't be sent, and once that they can again. Spans that could not be sent are lost. */
export class WatchedExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #logger: pino.Logger;
  #isDown = false;

  constructor(exporter: SpanExporter, logger: pino.Logger) {
    this.#exporter = exporter;
    this.#logger = logger;
  }

  export(spans: ReadableSpan[], report: Report): void {
    this.#exporter.export(spans, (result) => {
      this.#tell(result.error);
      report(result);
    });
  }

  async shutdown(): Promise<void> {
    await this.#exporter.shutdown();
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.();
  }

  /** Of the error only its name and code: the collector's answer may hold anything. */
  #tell(error: Error | undefined): void {
    if ((error !== undefined) === this.#isDown) return;
    this.#isDown = error !== undefined;
    if (error === undefined) {
      this.#logger.info('traces can be sent again');
      return;
    }
    const { name, code = null } = error as Error & { code?: string | number };
    this.#logger.warn(
      { error: name, code },
      'traces can not be sent and are dropped; loads go on: look at OTEL_EXPORTER_OTLP_ENDPOINT',
    );
  }
}
