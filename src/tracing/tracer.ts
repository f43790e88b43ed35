/** Figures and names; never secrets, values of rows, SQL or signed addresses. */
export type Attributes = Record<string, string | number | boolean>;

export interface SpanOptions {
  /** W3C traceparent of what the span is a part of; null: it begins a trace of its own. */
  parent: string | null;
  /** The answer to a request from outside. */
  isServer?: boolean;
  /** Epoch milliseconds; default: now. */
  startMs?: number;
  attributes?: Attributes;
}

export interface Span {
  /** W3C traceparent for its children; null: there is no trace. */
  readonly traceParent: string | null;
  set(attributes: Attributes): void;
  event(name: string): void;
  /** Marks it as failed. `code`: of the error catalogue. */
  fail(code: string, title: string): void;
  /** Epoch milliseconds; default: now. */
  end(endMs?: number): void;
}

export interface Tracer {
  /** Whether spans go anywhere. */
  readonly isOn: boolean;
  startSpan(name: string, options: SpanOptions): Span;
}

export interface Tracing {
  tracer: Tracer;
  /** Sends what is left, within bounds; never throws. */
  close(): Promise<void>;
}

/** Records nothing, and hands on the trace of whoever asked. */
export const NO_TRACER: Tracer = {
  isOn: false,
  startSpan: (_name, { parent }) => ({ traceParent: parent, set() {}, event() {}, fail() {}, end() {} }),
};
