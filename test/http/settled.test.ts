import t from 'tap';
import { CANCELLED, failedWith, keyConfig, SUCCEEDED, serve, validBody } from './serve.js';

const failure = { code: 'internal_error', detail: 'x', hint: 'y', retryable: false };

t.test('settled is 404 in every state that is not finished', async (t) => {
  const { call, put, setLoad } = await serve(t);
  await put('settled-1');
  for (const status of ['queued', 'staging', 'copying', 'committing']) {
    await setLoad('settled-1', `status = '${status}'`);
    const answer = await call('GET', '/v1/loads/settled-1/settled');
    t.match(answer, { status: 404, json: { id: 'settled-1', status, done: false } });
    t.ok(answer.text.length < 200);
  }
});

t.test('settled is 200 in every terminal state', async (t) => {
  const { call, put, setLoad } = await serve(t);
  for (const [id, assignments] of [
    ['succeeded', SUCCEEDED],
    ['failed', failedWith(failure)],
    ['cancelled', CANCELLED],
  ]) {
    await put(String(id));
    await setLoad(String(id), String(assignments));
    const answer = await call('GET', `/v1/loads/${id}/settled`);
    t.match(answer, { status: 200, json: { status: id, done: true } });
  }
});

t.test('settled is 200 with status unknown for any id that nobody knows', async (t) => {
  const { call, url } = await serve(t);
  for (const id of ['nobody', '-', '%20', '%7B%7B%20ti%20%7D%7D', 'a%2Fb', 'x'.repeat(3_000), 'caf%C3%A9']) {
    const answer = await call('GET', `/v1/loads/${id}/settled`);
    t.match(answer, { status: 200, json: { status: 'unknown', done: true } }, id.slice(0, 40));
  }
  const broken = await fetch(`${url}/v1/loads/%zz/settled`);
  t.equal(broken.status, 200);
  t.match(await broken.json(), { status: 'unknown', done: true });
  t.equal((await fetch(`${url}/v1/loads//settled`)).status, 200, 'an id that a template left empty');
});

t.test('an unknown query changes nothing', async (t) => {
  const { call } = await serve(t);
  t.equal((await call('GET', '/v1/loads/nobody/settled?a=1&a=2')).status, 200);
});

t.test('while the control database is down settled is 404, so that a sensor waits on', async (t) => {
  const { call, put, cutDatabase } = await serve(t);
  await put('settled-2');
  cutDatabase();
  const answer = await call('GET', '/v1/loads/settled-2/settled');
  t.match(answer, { status: 404, json: { status: 'unknown', done: false } });
});

t.test('without a key that covers the load settled tells nothing of it', async (t) => {
  const apiKeys = [keyConfig('all', 'k1'), keyConfig('production', 'k2', { environments: ['production'] })];
  const { call } = await serve(t, { apiKeys });
  await call('PUT', '/v1/loads/settled-3', {
    body: JSON.stringify(validBody),
    headers: { 'X-API-Key': 'k1' },
  });
  const settled = (headers: Record<string, string>) =>
    call('GET', '/v1/loads/settled-3/settled', { headers });
  t.match(await settled({ 'X-API-Key': 'k1' }), { status: 404, json: { status: 'queued' } });
  for (const headers of [{}, { 'X-API-Key': 'wrong' }, { 'X-API-Key': 'k2' }]) {
    t.match(await settled(headers), { status: 200, json: { status: 'unknown', done: true } });
  }
});
