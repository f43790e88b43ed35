/** Version 00 of https://www.w3.org/TR/trace-context/#traceparent-header; ids of zeros only are not valid. */
const TRACE_PARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

export interface TraceParent {
  traceId: string;
  spanId: string;
  flags: number;
}

export function parseTraceParent(text: string | null): TraceParent | null {
  const [, traceId, spanId, flags] = TRACE_PARENT.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

/** A header's value if it is one that can be kept and handed on; else null, as the specification wants it. */
export function acceptTraceParent(header: string | string[] | undefined): string | null {
  return typeof header === 'string' && parseTraceParent(header) !== null ? header : null;
}

export function formatTraceParent({ traceId, spanId, flags }: TraceParent): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`;
}

/** What log lines of the trace have beside their own fields. */
export function traceFields(traceParent: string | null): { trace_id?: string } {
  const parsed = parseTraceParent(traceParent);
  return parsed === null ? {} : { trace_id: parsed.traceId };
}
