import t from 'tap';
import { keyConfig, serve, validBody } from '../http/serve.js';

/** What the body holds instead, and the field that the refusal must name. */
const SQL: [changes: object, field: string][] = [
  [{ table: 'tree; DROP TABLE copydock.loads' }, 'table'],
  [{ table: "tree\" (id) FROM PROGRAM 'id' --" }, 'table'],
  [{ table: 'public."tree"' }, 'table'],
  [{ table: 'a.b.c' }, 'table'],
  [{ table: "tree\u0000'" }, 'table'],
  [{ table: 'pg_catalog.pg_authid' }, 'table'],
  [{ table: 'information_schema.tables' }, 'table'],
  [{ table: 'copydock.committed_loads' }, 'table'],
  [{ data_set: "tree'; DELETE FROM copydock.fences; --" }, 'data_set'],
  [{ data_set: 'tree/../other' }, 'data_set'],
  [{ env: "development' OR '1'='1" }, 'env'],
  [{ env: '__proto__' }, 'env'],
  [{ env: 'constructor' }, 'env'],
  [{ csv: { delimiter: "', FORMAT binary, NULL '" } }, 'csv.delimiter'],
  [{ csv: { quote: "''" } }, 'csv.quote'],
  [{ csv: { escape: '\n' } }, 'csv.escape'],
  [{ csv: { null_string: "\nDROP TABLE tree;'" } }, 'csv.null_string'],
  [{ csv: { encoding: "UTF8', HEADER 'true" } }, 'csv.encoding'],
  [{ csv: { program: 'id' } }, 'csv.program'],
  [{ commit_strategy: 'direct; --' }, 'commit_strategy'],
];

const PATHS = [
  'http://169.254.169.254/latest/meta-data/',
  'file:///etc/passwd',
  's3://169.254.169.254/latest/meta-data/',
  's3://169.254.169.254:80/latest/',
  's3://localhost:5432/x',
  's3://user:secret@bucket/x',
  's3://bucket@169.254.169.254/x',
  's3://[::1]/x',
  's3://bucket%2f..%2fother/x',
  's3://../etc/passwd',
  's3://a..b/x',
  's3://arn:aws:s3:::bucket/x',
  's3://bucket/x\r\nHost: elsewhere',
  's3://buck\u0435t/x',
];

const BUCKETS = [
  '../other',
  'a/b',
  'arn:aws:s3:eu-west-2:1:accesspoint/x',
  'localhost:9000',
  '169.254.169.254',
  'UPPER-case',
  'with space',
  'x@169.254.169.254',
  'production-pyspark-jobs-codepackage',
];

t.test('SQL in a field is refused by the name of the field, and nothing is stored', async (t) => {
  const { put, pool, wakes } = await serve(t);
  for (const [changes, field] of SQL) {
    const { status, json } = await put('attack', changes);
    t.ok([400, 404, 422].includes(status), `${JSON.stringify(changes)}: ${status}`);
    t.equal(json.field, field, JSON.stringify(changes));
  }
  t.equal((await pool.query('SELECT FROM copydock.loads')).rowCount, 0);
  t.strictSame(wakes, []);
});

t.test('SQL in an address or a header is data', async (t) => {
  const { call, put } = await serve(t);
  await put('mine');
  const sql = encodeURIComponent("x' OR '1'='1");
  for (const path of [`/v1/loads/${sql}`, `/v1/loads/${sql}/logs`]) {
    t.match(await call('GET', path), { status: 400, json: { code: 'invalid_id' } }, path);
  }
  for (const filter of ['data_set', 'table', 'env', 'status', 'cursor', 'from']) {
    const { status, json } = await call('GET', `/v1/loads?${filter}=${sql}`);
    t.ok(status === 400 || (status === 200 && json.items.length === 0), `${filter}: ${status}`);
  }
  const key = { 'Idempotency-Key': "'); DROP TABLE copydock.loads; --" };
  const body = JSON.stringify(validBody);
  const first = await call('POST', '/v1/loads', { body, headers: key });
  t.equal(first.status, 202);
  t.equal((await call('POST', '/v1/loads', { body, headers: key })).json.id, first.json.id);
});

t.test('a path names a bucket and a key, never a server', async (t) => {
  const { put, pool } = await serve(t);
  for (const path of PATHS) {
    t.match(await put('attack', { path }), { status: 400, json: { field: 'path' } }, path);
  }
  for (const field of ['endpoint', 'endpoint_url', 'host', 'callback_url', 'database_url', 'region']) {
    t.match(
      await put('attack', { [field]: 'http://169.254.169.254/' }),
      { status: 400, json: { field } },
      'no field of a request leads to a server',
    );
  }
  t.equal((await pool.query('SELECT FROM copydock.loads')).rowCount, 0);
});

t.test("a staging bucket is a name, and not another environment's", async (t) => {
  const { put } = await serve(t);
  for (const s3_bucket of BUCKETS) {
    const { status, json } = await put('attack', { s3_bucket });
    t.ok([400, 422].includes(status), `${s3_bucket}: ${status}`);
    t.equal(json.field, 's3_bucket');
  }
});

t.test('the key of one environment finds no way into another', async (t) => {
  const apiKeys = [
    keyConfig('all', 'key-all'),
    keyConfig('production', 'key-production', { environments: ['production'] }),
  ];
  const { call } = await serve(t, { apiKeys });
  const headers = { 'X-API-Key': 'key-production' };
  const idempotent = { 'Idempotency-Key': 'same' };
  const body = JSON.stringify(validBody);
  const mine = await call('POST', '/v1/loads', {
    body,
    headers: { 'X-API-Key': 'key-all', ...idempotent },
  });
  t.equal(mine.status, 202);
  const other = JSON.stringify({ ...validBody, env: 'production', path: 's3://source/tree/' });
  const replays = [
    await call('POST', '/v1/loads', { body, headers: { ...headers, ...idempotent } }),
    await call('POST', '/v1/loads', { body: other, headers: { ...headers, ...idempotent } }),
    await call('PUT', `/v1/loads/${mine.json.id}`, { body: other, headers }),
    await call('PUT', `/v1/loads/${mine.json.id}`, { body, headers }),
  ];
  for (const { status, text } of replays) {
    t.ok([403, 409, 422].includes(status), `${status} ${text}`);
    t.notMatch(text, /development-source|codepackage/, 'nothing of the other load is told');
  }
  t.same((await call('GET', '/v1/loads', { headers })).json.items, []);
  t.equal((await call('GET', '/metrics', { headers })).status, 403);
});
