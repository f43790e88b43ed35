import t from 'tap';
import {
  acceptTraceParent,
  formatTraceParent,
  parseTraceParent,
  traceFields,
} from '../../src/tracing/trace-parent.js';
import { NO_TRACER } from '../../src/tracing/tracer.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const GOOD = `00-${TRACE}-00f067aa0ba902b7-01`;

t.test('a traceparent is read, written and handed on as it came', async (t) => {
  const parsed = parseTraceParent(GOOD);
  t.same(parsed, { traceId: TRACE, spanId: '00f067aa0ba902b7', flags: 1 });
  t.equal(parsed && formatTraceParent(parsed), GOOD);
  t.equal(acceptTraceParent(GOOD), GOOD);
  t.equal(NO_TRACER.startSpan('any', { parent: GOOD }).traceParent, GOOD);
  t.same(traceFields(GOOD), { trace_id: TRACE });
});

t.test('what is none is left out', async (t) => {
  const bad = [
    undefined,
    '',
    [GOOD, GOOD],
    `${GOOD}-more`,
    GOOD.toUpperCase(),
    GOOD.replace(TRACE, '0'.repeat(32)),
    GOOD.replace('00f067aa0ba902b7', '0'.repeat(16)),
    `ff${GOOD.slice(2)}`,
    `${GOOD}\n`,
    "00-'; DROP TABLE loads; --",
  ];
  for (const header of bad) t.equal(acceptTraceParent(header), null, String(header));
  t.same(traceFields(null), {});
});
