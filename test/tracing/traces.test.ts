import { randomBytes } from 'node:crypto';
import t from 'tap';
import { type Body, startStack } from '../worker/stack.js';
import { startTraceReceiver } from './trace-receiver.js';

t.setTimeout(180_000);

const TOKEN = 'Bearer hidden-9f31';
process.env.OTEL_BSP_SCHEDULE_DELAY = '50';
process.env.OTEL_EXPORTER_OTLP_HEADERS = `authorization=${encodeURIComponent(TOKEN)}`;
process.env.OTEL_SERVICE_NAME = 'copydock-tests';

const receiver = await startTraceReceiver(t);
const logged: string[] = [];
const stack = await startStack(t, {
  variables: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint },
  worker: { partSizeBytes: 1_024, bufferBytes: 8_192 },
  onLog: (line) => logged.push(line),
});
for (const table of ['tree', 'oak']) {
  await stack.sql(`CREATE TABLE public.${table} (id int PRIMARY KEY, name text)`);
}

const createTrace = () => ({
  traceId: randomBytes(16).toString('hex'),
  spanId: randomBytes(8).toString('hex'),
});

async function submit(key: string, { traceId, spanId }: { traceId: string; spanId: string }, more = {}) {
  const response = await fetch(`${stack.url}/v1/loads`, {
    method: 'POST',
    headers: { traceparent: `00-${traceId}-${spanId}-01` },
    body: JSON.stringify({
      load_type: 'full',
      data_set: 'tree',
      path: `s3://${stack.source}/${key}`,
      env: 'development',
      s3_bucket: stack.staging,
      ...more,
    }),
  });
  return (await response.json()) as Body;
}

t.test('one trace tells of the request, the wait, the attempt, its phases and its first parts', async (t) => {
  const rows = Array.from({ length: 3_000 }, (_, id) => `${id},tree ${id}\n`);
  await stack.put('trees.csv', `id,name\n${rows.join('')}`);
  const caller = createTrace();
  const { id } = await submit('trees.csv', caller, { commit_strategy: 'delete_insert' });
  t.match(await stack.waitUntilDone(id), { status: 'succeeded' });
  const [attempt] = await receiver.waitFor('load attempt', id);
  const [request] = await receiver.waitFor('POST /v1/loads', id);
  t.match(request, { traceId: caller.traceId, parentSpanId: caller.spanId, service: 'copydock-tests' });
  t.match(request?.attributes, { 'http.response.status_code': 202, 'copydock.submission': 'created' });
  const [wait] = await receiver.waitFor('wait in queue', id);
  t.match(wait, { traceId: caller.traceId, parentSpanId: request?.spanId });
  t.ok((wait?.endMs ?? 0) >= (wait?.startMs ?? Infinity));
  t.match(attempt, { traceId: caller.traceId, parentSpanId: request?.spanId, error: null });
  t.match(attempt?.attributes, {
    'copydock.env': 'development',
    'copydock.data_set': 'tree',
    'copydock.attempt': 1,
    'copydock.strategy': 'delete_insert',
    'copydock.outcome': 'succeeded',
    'copydock.rows_loaded': 3_000,
    'copydock.source_bytes': Number(attempt?.attributes['copydock.source_bytes']),
  });
  const phases = receiver.spans.filter(({ parentSpanId }) => parentSpanId === attempt?.spanId);
  t.same(
    phases.toSorted((a, b) => a.startMs - b.startMs).map(({ name }) => name),
    ['plan', 'stage', 'copy', 'commit', 'clean up'],
  );
  const stage = phases.find(({ name }) => name === 'stage');
  const cut = Number(stage?.attributes['copydock.parts_cut']);
  t.ok(cut > 20, `${cut} parts`);
  const parts = receiver.spans.filter(({ parentSpanId }) => parentSpanId === stage?.spanId);
  t.equal(parts.length, 20, 'the others are counted only');
  t.same(parts[0]?.events.toSorted(), ['part_copied', 'part_cut', 'part_staged']);
  for (const inner of [...phases, ...parts]) t.ok(inner.endMs <= (attempt?.endMs ?? 0) + 1, inner.name);
  const lines = logged.filter((line) => line.includes(id) && line.includes('load finished'));
  t.match(JSON.parse(lines[0] ?? '{}'), { trace_id: caller.traceId });
});

t.test('a failed attempt tells its code and no value; the next attempt is in the same trace', async (t) => {
  await stack.put('bad.csv', 'id,name\nno-number-7731,oak\n');
  const caller = createTrace();
  const { id } = await submit('bad.csv', caller, { data_set: 'oak' });
  t.match(await stack.waitUntilDone(id), { status: 'failed', error: { code: 'bad_value' } });
  await stack.put('bad.csv', 'id,name\n1,oak\n');
  t.equal((await stack.tell(id, 'retry')).http, 202);
  t.match(await stack.waitUntilDone(id), { status: 'succeeded', attempt: 2 });
  const attempts = await receiver.waitFor('load attempt', id, 2);
  t.match(attempts, [
    {
      traceId: caller.traceId,
      error: /^bad_value: A value does not fit/,
      attributes: { 'copydock.attempt': 1, 'error.type': 'bad_value', 'copydock.outcome': 'failed' },
    },
    { traceId: caller.traceId, error: null, attributes: { 'copydock.attempt': 2 } },
  ]);
  t.equal(attempts[0]?.parentSpanId, attempts[1]?.parentSpanId);
  t.equal((await receiver.waitFor('wait in queue', id, 2)).length, 2);
});

t.test('a refused request tells why; without a caller of its own it begins a trace', async (t) => {
  const refused = await stack.post({ load_type: 'full', data_set: 'tree', path: 's3://b/k', env: 'nowhere' });
  t.equal(refused.code, 'environment_unknown');
  const find = () => receiver.spans.find(({ error }) => error?.startsWith('environment_unknown'));
  await stack.load({ load_type: 'full', data_set: 'oak', path: `s3://${stack.source}/bad.csv` });
  while (find() === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
  t.match(find(), { name: 'POST /v1/loads', parentSpanId: '' });
  t.equal(find()?.attributes['http.response.status_code'], 422);
});

t.test('a collector that is down changes nothing, and is told of once', async (t) => {
  receiver.isDown = true;
  const linesBefore = logged.length;
  const { id, status } = await stack.load({
    load_type: 'full',
    data_set: 'oak',
    path: `s3://${stack.source}/bad.csv`,
  });
  t.equal(status, 'succeeded');
  const warnings = () =>
    logged.slice(linesBefore).filter((line) => line.includes('traces can not be sent')).length;
  const giveUpAt = Date.now() + 60_000;
  while (warnings() === 0 && Date.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 50));
  t.ok(warnings() >= 1 && warnings() <= 2, 'by the API and by the worker');
  t.equal(
    receiver.spans.some(({ attributes }) => attributes['copydock.load_id'] === id),
    false,
  );
  receiver.isDown = false;
});

t.test("no row, statement or credential is in a trace, nor an exporter's header in a log", async (t) => {
  const sent = receiver.bodies.join('\n');
  t.notMatch(sent, /no-number-7731|SELECT |INSERT |postgres:\/\/|X-Amz-/);
  t.same([...receiver.authorizations], [TOKEN]);
  t.notMatch(logged.join('\n'), 'hidden-9f31');
});
