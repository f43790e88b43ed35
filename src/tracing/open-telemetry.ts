import { setTimeout as sleep } from 'node:timers/promises';
import {
  ROOT_CONTEXT,
  type Tracer as SdkTracer,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type pino from 'pino';
import { formatTraceParent, parseTraceParent } from './trace-parent.js';
import type { Span, SpanOptions, Tracing } from './tracer.js';
import { WatchedExporter } from './watched-exporter.js';

const SERVICE = 'copydock';
const CLOSE_TIMEOUT_MS = 2_000;

/**
 * Spans in batches by OTLP over HTTP, as JSON. Sampler, batches, headers, certificates and the attributes of the service
 * come from the SDK's own variables (OTEL_...).
 */
export function openTelemetry(url: string, logger: pino.Logger): Tracing {
  const exporter = new WatchedExporter(new OTLPTraceExporter({ url }), logger);
  const resource = resourceFromAttributes({ 'service.name': SERVICE }).merge(
    detectResources({ detectors: [envDetector] }),
  );
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] });
  const tracer = provider.getTracer(SERVICE);
  const close = async () => {
    const closed = provider.shutdown().catch(() => {});
    await Promise.race([closed, sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
  };
  return { tracer: { isOn: true, startSpan: (name, options) => startSpan(tracer, name, options) }, close };
}

function startSpan(
  tracer: SdkTracer,
  name: string,
  { parent, isServer = false, startMs, attributes = {} }: SpanOptions,
): Span {
  const context = readContext(parent);
  const span = tracer.startSpan(
    name,
    {
      kind: isServer ? SpanKind.SERVER : SpanKind.INTERNAL,
      attributes,
      ...(startMs === undefined ? {} : { startTime: startMs }),
    },
    context === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, context),
  );
  const { traceId, spanId, traceFlags: flags } = span.spanContext();
  return {
    traceParent: formatTraceParent({ traceId, spanId, flags }),
    set: (more) => span.setAttributes(more),
    event: (event) => span.addEvent(event),
    fail: (code, title) => {
      span.setAttribute('error.type', code);
      span.setStatus({ code: SpanStatusCode.ERROR, message: `${code}: ${title}` });
    },
    end: (endMs) => span.end(endMs),
  };
}

function readContext(parent: string | null): SpanContext | null {
  const parsed = parseTraceParent(parent);
  if (parsed === null) return null;
  const { traceId, spanId, flags: traceFlags } = parsed;
  return { traceId, spanId, traceFlags, isRemote: true };
}
