import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { serveHttp } from '../services/serve-http.js';

export interface ReceivedSpan {
  name: string;
  traceId: string;
  spanId: string;
  /** Empty: a root. */
  parentSpanId: string;
  startMs: number;
  endMs: number;
  attributes: Record<string, unknown>;
  events: string[];
  /** The status's message; null: no error. */
  error: string | null;
  service: string;
}

export interface TraceReceiver {
  endpoint: string;
  spans: ReceivedSpan[];
  /** Everything that was sent, as it came. */
  bodies: string[];
  authorizations: Set<string>;
  /** Every answer is 503, with no hope of a better one soon, until it is false again. */
  isDown: boolean;
  /** Waits until a span of that name, and with that load's id, has come; answers all of that name and load. */
  waitFor(name: string, loadId: string, count?: number): Promise<ReceivedSpan[]>;
}

interface Attribute {
  key: string;
  value: Record<string, unknown>;
}
interface OtlpSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
  events: { name: string }[];
  status: { code: number; message?: string };
}
interface OtlpRequest {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: OtlpSpan[] }[] }[];
}

const PATIENCE_MS = 30_000;
const ERROR_STATUS = 2;
/** Longer than an export may take: it is given up at once. */
const FOR_LONG = { 'Retry-After': '60' };

/** Takes spans by OTLP over HTTP, as a collector does. */
export async function startTraceReceiver(t: Test): Promise<TraceReceiver> {
  const state: TraceReceiver = {
    endpoint: '',
    spans: [],
    bodies: [],
    authorizations: new Set(),
    isDown: false,
    waitFor: (name, loadId, count = 1) => waitForSpans(state, name, loadId, count),
  };
  state.endpoint = await serveHttp(t, async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    state.authorizations.add(request.headers.authorization ?? '');
    if (state.isDown) {
      response.writeHead(503, FOR_LONG).end();
      return;
    }
    if (request.url === '/v1/traces') {
      state.bodies.push(body);
      state.spans.push(...readSpans(JSON.parse(body) as OtlpRequest));
    }
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
  });
  return state;
}

async function waitForSpans(
  { spans }: TraceReceiver,
  name: string,
  loadId: string,
  count: number,
): Promise<ReceivedSpan[]> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = spans.filter(
      (span) => span.name === name && span.attributes['copydock.load_id'] === loadId,
    );
    if (found.length >= count) return found;
    if (Date.now() > giveUpAt)
      throw new Error(`${found.length} of ${count} spans "${name}" of ${loadId} came`);
    await sleep(20);
  }
}

function readSpans({ resourceSpans }: OtlpRequest): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(readAttributes(resource.attributes)['service.name']);
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...readSpan(span), service })));
  });
}

function readSpan(span: OtlpSpan): Omit<ReceivedSpan, 'service'> {
  const { name, traceId, spanId, parentSpanId = '', status } = span;
  return {
    name,
    traceId,
    spanId,
    parentSpanId,
    startMs: Number(span.startTimeUnixNano) / 1e6,
    endMs: Number(span.endTimeUnixNano) / 1e6,
    attributes: readAttributes(span.attributes),
    events: span.events.map((event) => event.name),
    error: status.code === ERROR_STATUS ? (status.message ?? '') : null,
  };
}

function readAttributes(attributes: Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
