import t from 'tap';
import { serve, validBody } from './serve.js';

const body = JSON.stringify(validBody);
/** fetch names no type for bytes, and text/plain for a string, as Airflow's two ways of sending do. */
const bytes = new TextEncoder().encode(body);

t.test('a body without a Content-Type, or as text/plain, is read as JSON', async (t) => {
  const { call } = await serve(t);
  const types = [
    undefined,
    'text/plain',
    'text/plain; charset=utf-8',
    'application/json',
    'APPLICATION/JSON;charset=UTF-8',
  ];
  for (const [i, type] of types.entries()) {
    const headers: Record<string, string> = type === undefined ? {} : { 'Content-Type': type };
    t.equal((await call('POST', '/v1/loads', { body: bytes, headers })).status, 202, `POST ${type}`);
    t.equal((await call('PUT', `/v1/loads/type-${i}`, { body: bytes, headers })).status, 202, `PUT ${type}`);
  }
});

t.test('a form is refused with the name of json.dumps', async (t) => {
  const { call } = await serve(t);
  const form = new FormData();
  form.set('load_type', 'full');
  for (const sent of [new URLSearchParams({ load_type: 'full' }), form]) {
    const { status, json } = await call('POST', '/v1/loads', { body: sent });
    t.equal(status, 415);
    t.match(json, { code: 'unsupported_media_type', detail: /json\.dumps/ });
  }
});

t.test('other types are refused by name', async (t) => {
  const { call } = await serve(t);
  for (const type of ['application/xml', 'text/csv', 'nonsense']) {
    const { status, json } = await call('POST', '/v1/loads', { body, headers: { 'Content-Type': type } });
    t.equal(status, 415, type);
    t.equal(json.code, 'unsupported_media_type');
  }
});

t.test('malformed JSON is refused with the position', async (t) => {
  const { call } = await serve(t);
  const post = (sent: string | Uint8Array) => call('POST', '/v1/loads', { body: sent });
  const cases: [sent: string | Uint8Array, detail: RegExp][] = [
    ["{'load_type': 'full'}", /unexpected "'" at position 1 \(line 1\)/],
    ['{"a": 1,\n "b": nul}', /unexpected "n" at position 15 \(line 2\)/],
    ['{"a": 1', /ends too early, at position 7/],
    [new Uint8Array([0x7b, 0xff]), /not UTF-8/],
  ];
  for (const [sent, detail] of cases) {
    t.match(await post(sent), {
      status: 400,
      json: { code: 'invalid_request', detail, hint: /JSON/ },
    });
  }
});

t.test('a body that is no object, or empty, is refused', async (t) => {
  const { call } = await serve(t);
  t.match(await call('POST', '/v1/loads'), { status: 400, json: { detail: /empty/ } });
  t.match(await call('POST', '/v1/loads', { body: '[]' }), { status: 400, json: { detail: /an array/ } });
  const twice = await call('POST', '/v1/loads', { body: JSON.stringify(body) });
  t.match(twice, { status: 400, json: { hint: /encoded twice/ } });
});

t.test('a body above 64 KiB is refused', async (t) => {
  const { call } = await serve(t);
  const large = JSON.stringify({ ...validBody, labels: { a: 'x'.repeat(65_536) } });
  const { status, json } = await call('POST', '/v1/loads', { body: large });
  t.equal(status, 413);
  t.equal(json.code, 'payload_too_large');
});

t.test('an empty body with a JSON Content-Type is fine where none is needed', async (t) => {
  const { call, put } = await serve(t);
  const headers = { 'Content-Type': 'application/json' };
  await put('empty-body');
  t.equal((await call('DELETE', '/v1/loads/empty-body', { headers })).status, 200);
  t.equal((await call('POST', '/v1/loads/empty-body/cancel', { headers })).status, 200);
  t.equal((await call('POST', '/v1/loads/empty-body/retry', { headers })).status, 202);
});
