import t from 'tap';
import { serve } from './serve.js';

const MESSAGES = [
  'Main: No S3 bucket specified in arguments, will use default',
  'Main: Using S3 bucket for COPY protocol staging: development-pyspark-jobs-codepackage',
];

t.test("a load's log is read as JSON, word for word", async (t) => {
  const { call, put } = await serve(t);
  await put('log-1');
  const { json } = await call('GET', '/v1/loads/log-1/logs');
  t.same(
    json.items.map(({ message }: { message: string }) => message),
    MESSAGES,
  );
  t.match(json.items, [{ attempt: 1, level: 'info', at: /^\d{4}-.*Z$/ }]);
  t.equal(json.next_cursor, null);
});

t.test('pages follow the cursor; a seq as the cursor gives what came later', async (t) => {
  const { call, put, pool } = await serve(t);
  await put('log-2');
  const first = await call('GET', '/v1/loads/log-2/logs?limit=1');
  t.equal(first.json.items.length, 1);
  t.match(first.headers.get('link'), /^<\/v1\/loads\/log-2\/logs\?limit=1&cursor=\d+>; rel="next"$/);
  const second = await call('GET', `/v1/loads/log-2/logs?limit=1&cursor=${first.json.next_cursor}`);
  t.match(second.json, { items: [{ message: MESSAGES[1] }], next_cursor: null });

  const sql =
    "INSERT INTO copydock.load_logs (load_id, attempt, level, message) VALUES ('log-2', 1, 'error', 'later')";
  await pool.query(sql);
  const later = await call('GET', `/v1/loads/log-2/logs?cursor=${second.json.items[0]?.seq}`);
  t.match(later.json, { items: [{ level: 'error', message: 'later' }] });
  t.equal(later.json.items.length, 1);
});

t.test('Accept: text/plain gives plain lines, one a message', async (t) => {
  const { call, put, pool } = await serve(t);
  await put('log-3');
  await pool.query(
    "INSERT INTO copydock.load_logs (load_id, attempt, level, message) VALUES ('log-3', 1, 'warning', E'two\\nlines')",
  );
  const { headers, text } = await call('GET', '/v1/loads/log-3/logs', { headers: { Accept: 'text/plain' } });
  t.equal(headers.get('content-type'), 'text/plain; charset=utf-8');
  const lines = text.trimEnd().split('\n');
  t.match(lines[0], /^\d{4}-\d\d-\d\dT[\d:.]+Z info Main: No S3 bucket/);
  t.match(lines[2], / warning two\\x0alines$/);
  t.equal(lines.length, 3);
});

t.test('the log of an unknown load is 404', async (t) => {
  const { call } = await serve(t);
  t.match(await call('GET', '/v1/loads/nobody/logs'), { status: 404, json: { code: 'load_unknown' } });
  t.match(await call('GET', '/v1/loads/-/logs'), { status: 400, json: { code: 'invalid_id' } });
});
