import t from 'tap';
import { keyConfig, serve } from './serve.js';

const apiKeys = [
  keyConfig('operator', 'key-all'),
  keyConfig('reader', 'key-read', { access: 'read' }),
  keyConfig('production', 'key-production', { environments: ['production'] }),
];
const withKey = (key: string) => ({ headers: { 'X-API-Key': key } });
const OPERATOR = withKey('key-all');
const PAUSE = '/v1/environments/development/pause';

t.test('a paused environment accepts loads, which say who paused it and why', async (t) => {
  const { call, put } = await serve(t);
  const reason = 'index rebuild';
  const paused = await call('POST', PAUSE, { body: JSON.stringify({ reason }) });
  t.equal(paused.status, 200);
  t.match(paused.json, { env: 'development', paused: true, paused_by: 'anonymous', reason });
  t.equal((await put('waits')).status, 202);
  const { json } = await call('GET', '/v1/loads/waits');
  t.match(json, {
    status: 'queued',
    waiting_for: {
      reason: 'paused',
      detail: /^development is paused since \S+ by anonymous: index rebuild$/,
    },
  });
  t.match((await call('GET', '/v1/loads?done=false')).json.items, [{ waiting_for: { reason: 'paused' } }]);
  t.equal((await call('GET', '/v1/loads/waits/gate')).status, 404, 'a sensor waits on');
  const { items } = (await call('GET', '/v1/environments')).json as unknown as {
    items: { env: string; paused: boolean }[];
  };
  t.same(
    items.filter((one) => one.paused).map(({ env }) => env),
    ['development'],
  );
  t.match((await call('GET', '/metrics')).text, /^copydock_environment_paused\{env="development"[^}]*\} 1$/m);

  const resumed = await call('POST', '/v1/environments/development/resume');
  t.match(resumed.json, { env: 'development', paused: false, paused_by: null });
  t.equal((await call('POST', '/v1/environments/development/resume')).status, 200, 'twice is once');
});

t.test('a pause needs no body, and takes no other', async (t) => {
  const { call } = await serve(t);
  t.match((await call('POST', PAUSE)).json, { paused: true, reason: null });
  for (const body of [
    '{"why": "x"}',
    '{"reason": "two\\nlines"}',
    `{"reason": "${'x'.repeat(201)}"}`,
    '[]',
    'null',
  ]) {
    t.match(await call('POST', PAUSE, { body }), { status: 400, json: { code: 'invalid_request' } }, body);
  }
});

t.test('only a key that may write to the environment pauses it, or lets it go on', async (t) => {
  const { call } = await serve(t, { apiKeys });
  for (const command of ['pause', 'resume']) {
    const path = `/v1/environments/development/${command}`;
    t.equal((await call('POST', path)).status, 401);
    t.equal((await call('POST', path, withKey('key-read'))).status, 403);
    t.equal((await call('POST', path, withKey('key-production'))).status, 403);
    t.equal((await call('POST', path, OPERATOR)).status, 200);
    const unknown = await call('POST', `/v1/environments/nowhere/${command}`, OPERATOR);
    t.match(unknown, { status: 404, json: { code: 'not_found', detail: /known are development, / } });
  }
  const { items } = (await call('GET', '/v1/environments', withKey('key-production'))).json as unknown as {
    items: { env: string }[];
  };
  t.same(
    items.map(({ env }) => env),
    ['production'],
  );
});
