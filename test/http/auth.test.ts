import t from 'tap';
import { keyConfig, serve, validBody } from './serve.js';

const apiKeys = [
  keyConfig('airflow', 'key-one'),
  keyConfig('airflow-next', 'key:two'),
  keyConfig('reader', 'key-read', { access: 'read' }),
  keyConfig('production', 'key-production', { environments: ['production'] }),
];
const body = JSON.stringify(validBody);

function basic(login: string, password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}` };
}

t.test('without configured keys the service is open', async (t) => {
  const { put } = await serve(t);
  t.equal((await put('open')).status, 202);
});

t.test('Basic with any login, Bearer and X-API-Key are taken, and several keys at once', async (t) => {
  const { call } = await serve(t, { apiKeys });
  const credentials: Record<string, string>[] = [
    basic('airflow', 'key-one'),
    basic('', 'key-one'),
    basic('somebody', 'key:two'),
    { Authorization: 'Bearer key-one' },
    { Authorization: 'bearer key:two' },
    { 'X-API-Key': 'key-one' },
  ];
  for (const headers of credentials) {
    t.equal((await call('POST', '/v1/loads', { body, headers })).status, 202, JSON.stringify(headers));
  }
});

t.test('the load names the key that submitted it', async (t) => {
  const { call } = await serve(t, { apiKeys });
  const headers = { 'X-API-Key': 'key:two' };
  const { json } = await call('POST', '/v1/loads', { body, headers });
  t.equal((await call('GET', json.status_url, { headers })).json.submitted_by, 'airflow-next');
});

t.test('a missing or wrong key is 401 and changes nothing', async (t) => {
  const { call } = await serve(t, { apiKeys });
  const wrong: Record<string, string>[] = [
    {},
    { 'X-API-Key': 'wrong' },
    { 'X-API-Key': apiKeys[0]?.sha256 ?? '' },
    { Authorization: 'Bearer wrong' },
    { Authorization: 'Basic !!!' },
    { Authorization: 'Digest key-one' },
    basic('key-one', 'airflow'),
    basic('airflow', ''),
  ];
  for (const headers of wrong) {
    const answer = await call('POST', '/v1/loads', { body, headers });
    t.match(answer, { status: 401, json: { code: 'unauthorized', hint: /Basic/ } }, JSON.stringify(headers));
    t.match(answer.headers.get('www-authenticate'), /^Bearer/);
    t.notMatch(answer.text, /wrong/);
  }
  const { json } = await call('GET', '/v1/loads', { headers: { 'X-API-Key': 'key-one' } });
  t.same(json.items, []);
});

t.test('every address of a load needs a key; the others do not', async (t) => {
  const { call } = await serve(t, { apiKeys });
  for (const [method, path] of [
    ['GET', '/v1/loads'],
    ['GET', '/v1/events'],
    ['GET', '/v1/whoami'],
    ['GET', '/v1/loads/x'],
    ['GET', '/v1/loads/x/gate'],
    ['GET', '/v1/loads/x/logs'],
    ['GET', '/v1/loads/x/events'],
    ['PUT', '/v1/loads/x'],
    ['DELETE', '/v1/loads/x'],
    ['POST', '/v1/loads/x/cancel'],
    ['POST', '/v1/loads/x/retry'],
  ] as const) {
    t.equal((await call(method, path)).status, 401, `${method} ${path}`);
  }
  for (const path of ['/livez', '/readyz', '/openapi.json', '/docs', '/']) {
    t.equal((await call('GET', path)).status, 200, path);
  }
});

t.test('a read key reads and changes nothing', async (t) => {
  const { call } = await serve(t, { apiKeys });
  const writer = { 'X-API-Key': 'key-one' };
  const reader = { 'X-API-Key': 'key-read' };
  await call('PUT', '/v1/loads/x', { body, headers: writer });
  t.equal((await call('GET', '/v1/loads/x', { headers: reader })).status, 200);
  t.equal((await call('GET', '/v1/loads/x/gate', { headers: reader })).status, 404);
  for (const [method, path] of [
    ['POST', '/v1/loads'],
    ['PUT', '/v1/loads/y'],
    ['DELETE', '/v1/loads/x'],
    ['POST', '/v1/loads/x/cancel'],
    ['POST', '/v1/loads/x/retry'],
  ] as const) {
    const sent = method === 'PUT' || path === '/v1/loads' ? { body } : {};
    t.match(await call(method, path, { ...sent, headers: reader }), {
      status: 403,
      json: { code: 'forbidden' },
    });
  }
  t.equal((await call('GET', '/v1/loads/x', { headers: reader })).json.status, 'queued');
});

t.test('whoami tells what the key allows', async (t) => {
  const { call } = await serve(t, { apiKeys });
  const ask = async (key: string) =>
    (await call('GET', '/v1/whoami', { headers: { 'X-API-Key': key } })).json;
  t.same(await ask('key-read'), { name: 'reader', environments: null, access: 'read' });
  t.same(await ask('key-production'), {
    name: 'production',
    environments: ['production'],
    access: 'write',
  });
  const open = await serve(t);
  t.same((await open.call('GET', '/v1/whoami')).json, {
    name: 'anonymous',
    environments: null,
    access: 'write',
  });
});

t.test('a key sees and changes only loads of its environments', async (t) => {
  const { call } = await serve(t, { apiKeys });
  const all = { 'X-API-Key': 'key-one' };
  const scoped = { 'X-API-Key': 'key-production' };
  const production = JSON.stringify({ ...validBody, env: 'production', path: 's3://source/tree/' });
  await call('PUT', '/v1/loads/dev', { body, headers: all });
  t.equal((await call('PUT', '/v1/loads/prod', { body: production, headers: scoped })).status, 202);
  t.match(await call('PUT', '/v1/loads/dev-2', { body, headers: scoped }), {
    status: 403,
    json: { field: 'env' },
  });
  for (const [method, path] of [
    ['GET', '/v1/loads/dev'],
    ['GET', '/v1/loads/dev/gate'],
    ['GET', '/v1/loads/dev/logs'],
    ['GET', '/v1/loads/dev/events'],
    ['DELETE', '/v1/loads/dev'],
    ['POST', '/v1/loads/dev/cancel'],
    ['POST', '/v1/loads/dev/retry'],
    ['GET', '/v1/loads?env=development'],
  ] as const) {
    t.match(
      await call(method, path, { headers: scoped }),
      { status: 403, json: { code: 'forbidden' } },
      path,
    );
  }
  const ids = async (headers: Record<string, string>) =>
    (await call('GET', '/v1/loads', { headers })).json.items.map(({ id }: { id: string }) => id);
  t.same(await ids(scoped), ['prod']);
  t.same(await ids(all), ['prod', 'dev']);
  t.equal((await call('GET', '/v1/loads/dev', { headers: all })).json.cancel_requested, false);
});

t.test('a page of another site changes nothing, even where no key is needed', async (t) => {
  const { call } = await serve(t);
  const post = (site: string) => call('POST', '/v1/loads', { body, headers: { 'Sec-Fetch-Site': site } });
  t.match(await post('cross-site'), { status: 403, json: { code: 'forbidden' } });
  t.match(await post('same-site'), { status: 403, json: { code: 'forbidden' } });
  t.equal((await post('same-origin')).status, 202);
});
