import { performance } from 'node:perf_hooks';
import t from 'tap';
import { SUCCEEDED, serve } from './serve.js';

t.test('wait answers as soon as the status changes, and not before', async (t) => {
  const { call, put, setLoad, listeners } = await serve(t);
  await put('wait-1');
  for (const [how, init] of [
    ['?wait=20', {}],
    ['', { headers: { Prefer: 'respond-async, wait=20' } }],
  ] as const) {
    await setLoad('wait-1', "status = 'queued', progress = NULL");
    const answer = track(call('GET', `/v1/loads/wait-1${how}`, init));
    await listeners.reached('wait-1', 1);
    await setLoad('wait-1', "progress = '{}'");
    await call('GET', '/v1/loads/wait-1/gate');
    t.equal(answer.isSettled(), false, 'progress is no change of status');
    await setLoad('wait-1', `status = 'staging', progress = NULL`);
    t.match(await answer.promise, { status: 200, json: { status: 'staging' } });
  }
});

t.test('Prefer is confirmed', async (t) => {
  const { call, put, setLoad } = await serve(t);
  await put('wait-2');
  await setLoad('wait-2', SUCCEEDED);
  const read = (prefer: string) => call('GET', '/v1/loads/wait-2', { headers: { Prefer: prefer } });
  t.equal((await read('wait=30')).headers.get('preference-applied'), 'wait=30');
  t.equal((await read('wait=3000')).headers.get('preference-applied'), 'wait=50');
  t.equal((await read('wait=soon')).headers.has('preference-applied'), false);
});

t.test('wait ends at a new attempt of the load', async (t) => {
  const { call, put, setLoad, listeners } = await serve(t);
  await put('wait-3');
  const answer = call('GET', '/v1/loads/wait-3?wait=20');
  await listeners.reached('wait-3', 1);
  await setLoad('wait-3', 'attempt = 2');
  t.match(await answer, { json: { status: 'queued', attempt: 2 } });
});

t.test(
  'wait answers at once when the load is finished, and after its time when nothing happens',
  async (t) => {
    const { call, put, setLoad } = await serve(t);
    await put('wait-4');
    const startMs = performance.now();
    t.equal((await call('GET', '/v1/loads/wait-4?wait=0.3')).json.status, 'queued');
    t.ok(performance.now() - startMs >= 290);
    await setLoad('wait-4', SUCCEEDED);
    const finishedMs = performance.now();
    t.equal((await call('GET', '/v1/loads/wait-4?wait=50')).json.status, 'succeeded');
    t.ok(performance.now() - finishedMs < 5_000);
  },
);

t.test('wait with If-None-Match answers at any change, and 304 when there is none', async (t) => {
  const { call, put, setLoad, listeners } = await serve(t);
  await put('wait-5');
  const etag = (await call('GET', '/v1/loads/wait-5')).headers.get('etag') ?? '';
  const headers = { 'If-None-Match': etag };
  t.equal((await call('GET', '/v1/loads/wait-5?wait=0.2', { headers })).status, 304);
  const answer = call('GET', '/v1/loads/wait-5?wait=20', { headers });
  await listeners.reached('wait-5', 1);
  await setLoad('wait-5', 'cancel_requested = true');
  t.match(await answer, { status: 200, json: { status: 'queued', cancel_requested: true } });
  const outdated = await call('GET', '/v1/loads/wait-5?wait=20', { headers });
  t.equal(outdated.status, 200, 'what is known is outdated, so there is nothing to wait for');
});

t.test('a wait that is no number is refused by name; an empty one is none', async (t) => {
  const { call, put } = await serve(t);
  await put('wait-6');
  for (const wait of ['soon', '-1']) {
    t.match(await call('GET', `/v1/loads/wait-6?wait=${wait}`), { status: 400, json: { field: 'wait' } });
  }
  t.equal((await call('GET', '/v1/loads/wait-6?wait=')).status, 200);
});

t.test('those who wait are answered when the app stops', async (t) => {
  const { app, call, put, listeners } = await serve(t);
  await put('wait-7');
  const answer = call('GET', '/v1/loads/wait-7?wait=50');
  await listeners.reached('wait-7', 1);
  await app.close();
  t.match(await answer, { status: 200, json: { status: 'queued' } });
});

t.test('a client that goes away is waited for no longer', async (t) => {
  const { url, put, listeners } = await serve(t);
  await put('wait-8');
  const leaving = new AbortController();
  const answer = fetch(`${url}/v1/loads/wait-8?wait=50`, { signal: leaving.signal });
  await listeners.reached('wait-8', 1);
  leaving.abort();
  await t.rejects(answer, { name: 'AbortError' });
  await listeners.reached('wait-8', 0);
});

function track<T>(promise: Promise<T>) {
  let settled = false;
  const end = () => {
    settled = true;
  };
  promise.then(end, end);
  return { promise, isSettled: () => settled };
}
