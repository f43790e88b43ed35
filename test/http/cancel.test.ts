import t from 'tap';
import { failedWith, SUCCEEDED, serve } from './serve.js';

const failure = { code: 'internal_error', detail: 'x', hint: 'y', retryable: false };
const CANCELS = [
  ['POST', '/cancel'],
  ['DELETE', ''],
] as const;

t.test('a load that nobody works on is cancelled at once, again and again', async (t) => {
  const { call, put } = await serve(t);
  for (const [i, [method, address]] of CANCELS.entries()) {
    await put(`cancel-${i}`);
    for (const time of ['first', 'second']) {
      const { status, json } = await call(method, `/v1/loads/cancel-${i}${address}`);
      t.match(
        { status, json },
        { status: 200, json: { status: 'cancelled', done: true } },
        `${method} ${time}`,
      );
    }
  }
});

t.test('a load at work is asked to stop', async (t) => {
  const { call, put, setLoad } = await serve(t);
  await put('busy');
  await setLoad(
    'busy',
    "status = 'copying', lease_token = 1, lease_owner = 'w', lease_expires_at = now() + interval '1 h'",
  );
  for (const [method, address] of CANCELS) {
    const { status, json } = await call(method, `/v1/loads/busy${address}`);
    t.match({ status, json }, { status: 202, json: { status: 'copying', cancel_requested: true } });
  }
});

t.test('a finished load stays as it is', async (t) => {
  const { call, put, setLoad } = await serve(t);
  await put('over');
  await setLoad('over', SUCCEEDED);
  const before = (await call('GET', '/v1/loads/over')).json;
  for (const [method, address] of CANCELS) {
    t.match(await call(method, `/v1/loads/over${address}`), { status: 200, json: { status: 'succeeded' } });
  }
  t.same((await call('GET', '/v1/loads/over')).json, before);
});

t.test('a load whose commit has begun is not cancelled, and the answer says so', async (t) => {
  const { call, put, setLoad } = await serve(t);
  await put('committing');
  await setLoad('committing', "status = 'committing'");
  for (const [method, address] of CANCELS) {
    const { status, json } = await call(method, `/v1/loads/committing${address}`);
    t.match({ status, json }, { status: 409, json: { code: 'load_not_cancellable', detail: /too late/ } });
  }
  t.match((await call('GET', '/v1/loads/committing')).json, {
    status: 'committing',
    cancel_requested: false,
  });
});

t.test('a failed or cancelled load is retried as a new attempt', async (t) => {
  const { call, put, setLoad, wakes } = await serve(t);
  await put('again');
  for (const [assignments, attempt] of [
    [failedWith(failure), 2],
    ["status = 'cancelled', finished_at = now()", 3],
  ] as const) {
    await setLoad('again', assignments);
    const { status, headers, json } = await call('POST', '/v1/loads/again/retry');
    t.match({ status, json }, { status: 202, json: { id: 'again', status: 'queued', done: false } });
    t.equal(headers.get('location'), '/v1/loads/again');
    t.match((await call('GET', '/v1/loads/again')).json, { attempt, error: null, finished_at: null });
  }
  t.equal(wakes.length, 3);
});

t.test('other loads are not retried', async (t) => {
  const { call, put, setLoad } = await serve(t);
  await put('active');
  t.match(await call('POST', '/v1/loads/active/retry'), {
    status: 409,
    json: { code: 'load_not_retryable' },
  });
  await setLoad('active', SUCCEEDED);
  t.match(await call('POST', '/v1/loads/active/retry'), { status: 409, json: { detail: /succeeded/ } });
});

t.test('an unknown load is 404, a malformed id 400', async (t) => {
  const { call } = await serve(t);
  for (const [method, address] of [...CANCELS, ['POST', '/retry']] as const) {
    t.match(await call(method, `/v1/loads/nobody${address}`), {
      status: 404,
      json: { code: 'load_unknown' },
    });
    t.match(await call(method, `/v1/loads/-${address}`), { status: 400, json: { code: 'invalid_id' } });
  }
});
