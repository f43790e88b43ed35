import t from 'tap';
import { CANCELLED, type Served, serve, validBody } from './serve.js';

const FULL = { maxActiveLoads: 1, maxQueuedLoads: 1 };

async function serveFull(t: Parameters<typeof serve>[0]): Promise<Served> {
  const served = await serve(t, { environment: FULL });
  await served.put('first');
  await served.put('second');
  return served;
}

const post = (body: object = {}, key?: string) => ({
  body: JSON.stringify({ ...validBody, ...body }),
  headers: key === undefined ? {} : { 'Idempotency-Key': key },
});

t.test('a new load beyond the limits is 429 with Retry-After, by POST and by PUT', async (t) => {
  const { call, put } = await serveFull(t);
  for (const answer of [await call('POST', '/v1/loads', post()), await put('third')]) {
    t.equal(answer.status, 429);
    t.match(answer.headers.get('content-type'), /^application\/problem\+json/);
    t.equal(answer.headers.get('retry-after'), '30');
    t.match(answer.json, {
      code: 'too_many_loads',
      field: 'env',
      detail:
        /^env: development has 2 unfinished loads .*1 active \(max_active_loads\) and 1 queued \(max_queued_loads\)/,
      hint: /environments\.development\.max_queued_loads/,
    });
  }
  t.equal((await call('GET', '/v1/loads/third')).status, 404, 'nothing is stored');
});

t.test('known ids and keys, status reads, cancel and retry are never 429', async (t) => {
  const { call, put, setLoad } = await serve(t, { environment: FULL });
  await call('POST', '/v1/loads', post({}, 'known'));
  await put('second');
  t.equal((await put('third')).status, 429);
  t.match(await call('POST', '/v1/loads', post({}, 'known')), { status: 202 });
  t.match(await put('second'), { status: 202 });
  for (const [path, status] of [
    ['/v1/loads/second', 200],
    ['/v1/loads/second/gate', 404],
    ['/v1/loads/second/settled', 404],
    ['/v1/loads/second/logs', 200],
    ['/v1/loads', 200],
  ] as const) {
    t.equal((await call('GET', path)).status, status, path);
  }
  await setLoad('second', CANCELLED);
  t.equal((await put('third')).status, 202);
  t.equal((await put('second')).status, 202, 'a cancelled load begins again');
  t.equal((await call('POST', '/v1/loads/second/cancel')).status, 200);
  t.equal((await call('POST', '/v1/loads/second/retry')).status, 202);
});

t.test('a broken request is told so even where the environment is full', async (t) => {
  const { put } = await serveFull(t);
  t.match(await put('third', { load_type: 'all' }), { status: 400, json: { code: 'invalid_request' } });
});
