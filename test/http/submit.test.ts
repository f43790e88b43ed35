import net from 'node:net';
import t from 'tap';
import { serve, validBody } from './serve.js';

const body = JSON.stringify(validBody);

t.test('a submitted load is accepted with its addresses, root-relative', async (t) => {
  const { call, wakes } = await serve(t);
  const { status, headers, json } = await call('POST', '/v1/loads', { body });
  t.equal(status, 202);
  t.equal(headers.get('location'), `/v1/loads/${json.id}`);
  t.equal(headers.get('retry-after'), '5');
  t.equal(headers.has('idempotency-replayed'), false);
  t.same(json, {
    id: json.id,
    status: 'queued',
    done: false,
    s3_bucket: 'development-pyspark-jobs-codepackage',
    s3_bucket_source: 'built_in_default',
    status_url: `/v1/loads/${json.id}`,
    gate_url: `/v1/loads/${json.id}/gate`,
    settled_url: `/v1/loads/${json.id}/settled`,
    ui_url: `/?load=${json.id}`,
  });
  t.match(wakes, [{ id: json.id, env: 'development' }]);
});

t.test('the answer is one write below 4 KB, head and body together', async (t) => {
  const { url } = await serve(t);
  const first = await firstChunk(new URL(url).port, body);
  const [head = '', received = ''] = first.split('\r\n\r\n');
  t.match(head, /^HTTP\/1\.1 202 /);
  t.equal(Buffer.byteLength(received), Number(/content-length: (\d+)/i.exec(head)?.[1]));
  t.ok(Buffer.byteLength(first) < 4096);
});

t.test('PUT is idempotent by its id', async (t) => {
  const { call, put } = await serve(t);
  const first = await put('nightly-1');
  const second = await put('nightly-1');
  t.equal(first.json.id, 'nightly-1');
  t.same(second.json, first.json);
  t.equal(second.status, 202);
  t.equal(second.headers.get('idempotency-replayed'), 'true');
  const other = await put('nightly-1', { data_set: 'other' });
  t.match(other, { status: 422, json: { code: 'idempotency_conflict' } });
  t.equal((await call('GET', '/v1/loads')).json.items.length, 1);
});

t.test('PUT with a malformed id is refused', async (t) => {
  const { put } = await serve(t);
  for (const id of ['-a', 'a%20b', 'a'.repeat(37), 'x'.repeat(2_000), 'a%2Fb']) {
    t.match(await put(id), { status: 400, json: { code: 'invalid_id', field: 'id' } });
  }
});

t.test('the load keeps the bucket and the environment that Airflow sends', async (t) => {
  const { call, put } = await serve(t);
  const { json } = await put('bucket-1', { s3_bucket: 'my-staging-bucket', table: 'None' });
  t.match(json, { s3_bucket: 'my-staging-bucket', s3_bucket_source: 'request' });
  t.match((await call('GET', '/v1/loads/bucket-1')).json, { env: 'development', absent_fields: ['table'] });
});

t.test('a wrong body is refused with every problem, before anything is stored or queued', async (t) => {
  const { call, wakes } = await serve(t);
  const { status, headers, json } = await call('POST', '/v1/loads', {
    body: JSON.stringify({ ...validBody, s3_buket: 'x', timeout_s: '5' }),
  });
  t.equal(status, 400);
  t.equal(headers.get('content-type'), 'application/problem+json; charset=utf-8');
  t.match(json, {
    type: '/docs#invalid_request',
    title: 'The request is not valid',
    status: 400,
    code: 'invalid_request',
    field: 's3_buket',
    hint: 'Did you mean s3_bucket?',
    instance: '/v1/loads',
    errors: [{ field: 's3_buket' }, { field: 'timeout_s' }],
  });
  t.equal(json.errors.length, 2);
  t.same((await call('GET', '/v1/loads')).json, { items: [], next_cursor: null });
  t.same(wakes, []);
});

t.test('each refusal has its status and code', async (t) => {
  const { put } = await serve(t);
  const cases: [change: object, status: number, code: string, field: string][] = [
    [{ path: 's3://{{ var.value.b }}/x' }, 422, 'unrendered_template', 'path'],
    [{ env: 'developmnt' }, 422, 'environment_unknown', 'env'],
    [{ env: 'staging' }, 422, 'environment_not_configured', 'env'],
    [{ env: 'production', s3_bucket: 'development-b' }, 422, 'staging_bucket_not_allowed', 's3_bucket'],
    [{ table: 'secret.t' }, 422, 'target_schema_not_allowed', 'table'],
    [{ path: 's3://' }, 400, 'invalid_request', 'path'],
  ];
  for (const [change, status, code, field] of cases) {
    const { json } = await put('refused', change);
    t.match(json, { status, code, field }, code);
    t.ok(json.hint, 'there is a way out');
  }
});

t.test('an Idempotency-Key, quoted or bare, gives the same load again', async (t) => {
  const { call, setLoad } = await serve(t);
  const key = `dag/scheduled__2026-01-01T00:00:00+00:00/${'k'.repeat(975)}`;
  const post = (value: string, sent = body) =>
    call('POST', '/v1/loads', { body: sent, headers: { 'Idempotency-Key': value } });
  const first = await post(key);
  const active = await post(`"${key}"`);
  t.equal(active.json.id, first.json.id);
  t.equal(active.headers.get('idempotency-replayed'), 'true');

  await setLoad(first.json.id, "status = 'succeeded', finished_at = now()");
  t.match((await post(key)).json, { id: first.json.id, status: 'succeeded', done: true });

  const reordered = JSON.stringify(Object.fromEntries(Object.entries(validBody).reverse()));
  t.equal((await post(key, reordered)).json.id, first.json.id, 'the order of fields is nothing');

  const other = await post(key, JSON.stringify({ ...validBody, data_set: 'other' }));
  t.match(other, { status: 422, json: { code: 'idempotency_conflict', field: 'Idempotency-Key' } });
});

t.test('a key whose load failed or was cancelled begins a new attempt of it', async (t) => {
  const { call, setLoad } = await serve(t);
  const post = () => call('POST', '/v1/loads', { body, headers: { 'Idempotency-Key': 'k' } });
  const { id } = (await post()).json;
  for (const [status, attempt] of [
    ['failed', 2],
    ['cancelled', 3],
  ] as const) {
    await setLoad(id, `status = '${status}', finished_at = now()`);
    const again = await post();
    t.match(again.json, { id, status: 'queued', done: false });
    t.equal(again.headers.has('idempotency-replayed'), false);
    t.equal((await call('GET', `/v1/loads/${id}`)).json.attempt, attempt);
  }
});

t.test('a key that is too long or was not rendered is refused; "None" is no key', async (t) => {
  const { call } = await serve(t);
  const post = (key: string) => call('POST', '/v1/loads', { body, headers: { 'Idempotency-Key': key } });
  t.match(await post('k'.repeat(1_025)), { status: 400, json: { field: 'Idempotency-Key' } });
  t.match(await post('{{ run_id }}'), { status: 422, json: { code: 'unrendered_template' } });
  t.equal((await post('k'.repeat(1_024))).status, 202);
  const [first, second] = [await post('None'), await post('None')];
  t.not(first.json.id, second.json.id);
});

t.test('a load is accepted and read while the queue is down', async (t) => {
  const queue = { wake: async () => Promise.reject(new Error('connection refused')) };
  const { call, put } = await serve(t, { queue });
  t.equal((await put('no-queue')).status, 202);
  t.equal((await call('GET', '/v1/loads/no-queue')).json.status, 'queued');
  t.equal((await call('GET', '/v1/loads/no-queue/gate')).status, 404);
});

/** What the first read of the connection gives. */
function firstChunk(port: string, sent: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), '127.0.0.1');
    socket.once('error', reject);
    socket.once('data', (chunk) => {
      resolve(chunk.toString());
      socket.destroy();
    });
    socket.write(
      `POST /v1/loads HTTP/1.1\r\nHost: x\r\nContent-Length: ${Buffer.byteLength(sent)}\r\n\r\n${sent}`,
    );
  });
}
