import t from 'tap';
import { keyConfig, serve } from '../http/serve.js';
import { asRole, passwordOf } from '../services/database.js';
import { serviceVariable } from '../services/service-variables.js';
import { type Stack, startStack } from '../worker/stack.js';

const WRONG = 'wrong-password-of-the-target';
const KEY = 'the-api-key-itself';

/** All that a reader of the service can get at. */
async function readEverything({ url, get }: Stack, id: string): Promise<string> {
  const texts = [
    JSON.stringify(await get(`/v1/loads/${id}`)),
    JSON.stringify(await get(`/v1/loads/${id}/logs`)),
  ];
  for (const path of [
    '/v1/loads',
    '/metrics',
    '/openapi.json',
    '/docs',
    '/',
    '/readyz',
    `/v1/loads/${id}/gate`,
  ]) {
    const response = await fetch(url + path);
    texts.push(response.statusText, await response.text());
  }
  return texts.join('\n');
}

t.test('no secret of the service is in its log, its answers or its metrics, whatever fails', async (t) => {
  const lines: string[] = [];
  const options = { onLog: (line: string) => void lines.push(line) };
  const stack = await startStack(t, options);
  await stack.sql('CREATE TABLE tree (id int PRIMARY KEY)');
  await stack.put('tree.csv', 'id\n1\n');
  await stack.put('bad.csv', 'id\nx\n');
  const request = { load_type: 'full', data_set: 'tree' };
  const good = await stack.load({ ...request, path: `s3://${stack.source}/tree.csv` });
  t.equal(good.status, 'succeeded', JSON.stringify(good.error));
  const ids = [good.id];
  for (const more of [
    { path: `s3://${stack.source}/bad.csv` },
    { path: `s3://${stack.source}/tree.csv`, s3_bucket: 'no-such-bucket-anywhere' },
    { path: `s3://${stack.source}/tree.csv`, table: 'missing' },
  ]) {
    const { id, status } = await stack.load({ ...request, ...more });
    t.equal(status, 'failed');
    ids.push(id);
  }
  const seen = [];
  for (const id of ids) seen.push(await readEverything(stack, id));

  const refusedUrl = new URL(asRole(stack.databaseUrl, 'test_loader'));
  refusedUrl.password = WRONG;
  const refused = await startStack(t, { ...options, environment: { databaseUrl: refusedUrl.href } });
  await refused.put('tree.csv', 'id\n1\n');
  const { id, error } = await refused.load({ ...request, path: `s3://${refused.source}/tree.csv` });
  t.equal(error.code, 'target_auth_failed');
  seen.push(await readEverything(refused, id));

  t.ok(lines.length > 20, `${lines.length} lines were logged`);
  const all = [...seen, ...lines].join('\n');
  for (const [name, secret] of Object.entries({
    'the database password': passwordOf('test_service'),
    'the refused password': WRONG,
    'the secret key of S3': serviceVariable('TEST_S3_SECRET_KEY'),
  })) {
    t.notOk(all.includes(secret), name);
  }
});

t.test('an API key is in no answer and no record', async (t) => {
  const { call, pool } = await serve(t, { apiKeys: [keyConfig('airflow', KEY)] });
  const headers = { 'X-API-Key': KEY };
  const body = JSON.stringify({
    load_type: 'full',
    data_set: 'tree',
    path: 's3://source/tree/',
    env: 'development',
  });
  const { json, text } = await call('POST', '/v1/loads', { body, headers });
  const texts = [text];
  for (const path of [json.status_url, `${json.status_url}/logs`, '/v1/whoami', '/metrics', '/v1/loads'])
    texts.push((await call('GET', path, { headers })).text);
  const { rows } = await pool.query('SELECT to_jsonb(l)::text AS load FROM copydock.loads l');
  t.notMatch([...texts, JSON.stringify(rows)].join('\n'), KEY);
});
