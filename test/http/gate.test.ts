import { performance } from 'node:perf_hooks';
import t from 'tap';
import { PostgresLoadStore } from '../../src/postgres/control-database/load-store.js';
import { CANCELLED, failedWith, SUCCEEDED, serve } from './serve.js';

const badColumn = {
  code: 'bad_value',
  detail: 'column geom: "POINT(" is not a geometry – line 7 of s3://b/tree.csv',
  hint: 'Correct the value in the source.',
  retryable: false,
  object: 's3://b/tree.csv',
  line: 7,
  column: 'geom',
  value: 'POINT(',
};

t.test('the gate is 404 in every state that is not finished, with a short body', async (t) => {
  const { call, put, setLoad } = await serve(t);
  await put('gate-1');
  for (const status of ['queued', 'staging', 'copying', 'committing']) {
    await setLoad('gate-1', `status = '${status}'`);
    const answer = await call('GET', '/v1/loads/gate-1/gate');
    t.equal(answer.status, 404);
    t.match(answer.json, { id: 'gate-1', status, done: false, attempt: 1 });
    t.equal(answer.reason, `Not finished: ${status}`);
    t.ok(answer.text.length < 200);
  }
});

t.test('the gate is 200 when the load succeeded', async (t) => {
  const { call, put, setLoad } = await serve(t);
  await put('gate-2');
  await setLoad('gate-2', SUCCEEDED);
  const { status, json } = await call('GET', '/v1/loads/gate-2/gate');
  t.equal(status, 200);
  t.same(json, { id: 'gate-2', status: 'succeeded', done: true, attempt: 1 });
});

t.test(
  'the gate is 409 when the load failed, with the cause in the reason phrase and the body',
  async (t) => {
    const { call, put, setLoad } = await serve(t);
    await put('gate-3');
    await setLoad('gate-3', failedWith(badColumn));
    const { status, reason, json } = await call('GET', '/v1/loads/gate-3/gate');
    t.equal(status, 409);
    t.equal(reason, 'Load failed: column geom: "POINT(" is not a geometry ? line 7 of s3://b/tree.csv');
    const { retryable: _, ...shown } = badColumn;
    t.match(json, { ...shown, type: '/docs#bad_value', status: 409, instance: '/v1/loads/gate-3/gate' });
  },
);

t.test('the gate is 409 whatever the load failed of', async (t) => {
  const { call, put, setLoad } = await serve(t);
  await put('gate-9');
  for (const code of ['unavailable', 'internal_error']) {
    await setLoad('gate-9', failedWith({ code, detail: 'It went wrong.', hint: 'Retry.', retryable: true }));
    const { status, headers, json } = await call('GET', '/v1/loads/gate-9/gate');
    t.equal(status, 409);
    t.equal(headers.get('retry-after'), null);
    t.match(json, { code, status: 409 });
  }
});

t.test('the reason phrase is ASCII on one line of at most 120 characters', async (t) => {
  const { call, put, setLoad } = await serve(t);
  await put('gate-4');
  const detail = `café\r\nX-Injected: 1 ${'long '.repeat(100)}`;
  await setLoad('gate-4', failedWith({ ...badColumn, detail }));
  const { reason, headers } = await call('GET', '/v1/loads/gate-4/gate');
  t.match(reason, /^Load failed: cafe X-Injected: 1 long .*\.\.\.$/);
  t.equal(reason.length, 120);
  t.equal(headers.has('x-injected'), false);
});

t.test('the gate is 409 when the load was cancelled', async (t) => {
  const { call, put, setLoad } = await serve(t);
  await put('gate-5');
  await setLoad('gate-5', CANCELLED);
  const { status, reason, json } = await call('GET', '/v1/loads/gate-5/gate');
  t.equal(status, 409);
  t.match(reason, /^Load cancelled: /);
  t.equal(json.code, 'load_cancelled');
});

t.test('an unknown id is 410, a malformed one 400', async (t) => {
  const { call } = await serve(t);
  t.match(await call('GET', '/v1/loads/nobody/gate'), { status: 410, json: { code: 'load_gone' } });
  for (const id of ['%20', '-x', 'x'.repeat(37), 'x'.repeat(3_000), '{{ ti }}']) {
    const answer = await call('GET', `/v1/loads/${encodeURIComponent(id)}/gate`);
    t.match(answer, { status: 400, json: { code: 'invalid_id' } }, id.slice(0, 40));
  }
});

t.test('a repeated 409 or 410 comes a second late, the first and those of other loads at once', async (t) => {
  const { call, put, setLoad } = await serve(t);
  for (const id of ['late-1', 'late-2']) {
    await put(id);
    await setLoad(id, failedWith(badColumn));
  }
  for (const [path, other, status] of [
    ['/v1/loads/late-1/gate', '/v1/loads/late-2/gate', 409],
    ['/v1/loads/nobody-1/gate', '/v1/loads/nobody-2/gate', 410],
  ] as const) {
    t.ok((await timed(() => call('GET', path))) < 800, `${status} at once`);
    t.ok((await timed(() => call('GET', path))) >= 990, `${status} again, late`);
    t.ok((await timed(() => call('GET', other))) < 800, `${status} of another`);
  }
});

t.test('a new attempt opens the gate again', async (t) => {
  const { call, put, setLoad } = await serve(t);
  await put('gate-6');
  await setLoad('gate-6', failedWith(badColumn));
  t.equal((await call('GET', '/v1/loads/gate-6/gate')).status, 409);
  await call('POST', '/v1/loads/gate-6/retry');
  t.match(await call('GET', '/v1/loads/gate-6/gate'), {
    status: 404,
    json: { attempt: 2, status: 'queued' },
  });
});

t.test('while the control database is down the gate is 503 and says when to come back', async (t) => {
  const { call, put, cutDatabase } = await serve(t);
  await put('gate-7');
  cutDatabase();
  const { status, headers, json } = await call('GET', '/v1/loads/gate-7/gate');
  t.equal(status, 503);
  t.ok(Number(headers.get('retry-after')) > 0);
  t.equal(json.code, 'unavailable');
});

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await run();
  return performance.now() - startMs;
}

t.test(
  'a load that was kept for long enough and deleted is 410 at the gate, and unknown when settled',
  async (t) => {
    const { call, put, setLoad, pool } = await serve(t);
    await put('expired');
    await setLoad('expired', "status = 'succeeded', finished_at = now() - interval '31 days'");
    t.equal(await new PostgresLoadStore(pool, 15_000).expire(30), 1);
    t.match(await call('GET', '/v1/loads/expired/gate'), { status: 410, json: { code: 'load_gone' } });
    t.match(await call('GET', '/v1/loads/expired/settled'), {
      status: 200,
      json: { status: 'unknown', done: true },
    });
    t.equal((await call('GET', '/v1/loads/expired')).status, 404);
    t.match(await put('expired', { load_type: 'delta' }), { status: 202 }, 'the id is free again');
  },
);
