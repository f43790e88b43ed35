import t from 'tap';
import { etagOf } from '../../src/http/load-body.js';
import { failedWith, SUCCEEDED, serve } from './serve.js';

const receipt = {
  target: 'public.tree',
  read: 4,
  loaded: 3,
  rejected: 0,
  deduplicated: 0,
  filtered: 1,
  inserted: 3,
  updated: 0,
  unchanged: 0,
  deleted: 2,
  source_objects: 1,
  source_bytes: 100,
  parts: 1,
  seconds: { queued: 0.001, staging: 0.1, copying: 0.2, committing: 0.3, total: 0.601 },
};

t.test('a load is shown with all that is known of it, nulls included', async (t) => {
  const { call, put } = await serve(t);
  await put('read-1', {
    labels: { dag_id: 'd' },
    csv: { delimiter: '|' },
    timeout_s: 60,
    require_marker: true,
  });
  const { status, headers, json } = await call('GET', '/v1/loads/read-1');
  t.equal(status, 200);
  t.equal(headers.get('content-type'), 'application/json; charset=utf-8');
  t.match(json, {
    id: 'read-1',
    attempt: 1,
    status: 'queued',
    done: false,
    env: 'development',
    target_table: 'public.tree',
    labels: { dag_id: 'd' },
    request: { csv: { delimiter: '|' }, timeout_s: 60, require_marker: true, labels: { dag_id: 'd' } },
    submitted_by: 'anonymous',
    waiting_for: { reason: 'worker', detail: /No live worker/ },
    status_url: '/v1/loads/read-1',
    gate_url: '/v1/loads/read-1/gate',
    settled_url: '/v1/loads/read-1/settled',
    logs_url: '/v1/loads/read-1/logs',
    rejects_url: '/v1/loads/read-1/rejects',
    events_url: '/v1/loads/read-1/events',
    ui_url: '/?load=read-1',
  });
  for (const field of [
    's3_bucket_overridden',
    'started_at',
    'finished_at',
    'commit_plan',
    'receipt',
    'error',
  ]) {
    t.equal(json[field], null, field);
  }
  for (const internal of ['request_hash', 'idempotency_key', 'lease_token']) t.notOk(internal in json);
});

t.test('every field of a finished load survives', async (t) => {
  const { call, put, setLoad } = await serve(t);
  await put('read-2');
  const plan = { strategy: 'direct', reason: 'The target is small.' };
  const progress = {
    source_objects: 1,
    source_bytes: 100,
    bytes_read: 100,
    rows_read: 4,
    parts_cut: 1,
    parts_staged: 1,
    parts_copied: 1,
  };
  await setLoad(
    'read-2',
    `${SUCCEEDED}, staging_prefix = 's3://b/tmp/postgres-copy/t-1-a/', receipt = '${JSON.stringify(receipt)}',
     commit_plan = '${JSON.stringify(plan)}', progress = '${JSON.stringify(progress)}',
     cleanup = '{"status": "pending", "detail": null}'`,
  );
  const { json } = await call('GET', '/v1/loads/read-2');
  t.match(json, { done: true, staging_prefix: 's3://b/tmp/postgres-copy/t-1-a/' });
  t.same([json.receipt, json.commit_plan, json.progress], [receipt, plan, progress]);
  t.same(json.cleanup, { status: 'pending', detail: null });
});

t.test('the error of a failed load is shown whole', async (t) => {
  const { call, put, setLoad } = await serve(t);
  await put('read-3');
  const error = {
    code: 'bad_value',
    detail: 'd',
    hint: 'h',
    retryable: false,
    object: 's3://b/k',
    line: 2,
    column: 'c',
    value: 'v',
    sqlstate: '22P02',
  };
  await setLoad('read-3', failedWith(error));
  t.same((await call('GET', '/v1/loads/read-3')).json.error, error);
});

t.test('an unknown load is 404, a malformed id 400', async (t) => {
  const { call } = await serve(t);
  t.match(await call('GET', '/v1/loads/nobody'), { status: 404, json: { code: 'load_unknown' } });
  t.match(await call('GET', '/v1/loads/-x'), { status: 400, json: { code: 'invalid_id', field: 'id' } });
});

t.test('the ETag is strong, changes with the load, and is answered by 304', async (t) => {
  const { call, put, setLoad } = await serve(t);
  await put('etag-1');
  const first = await call('GET', '/v1/loads/etag-1');
  const etag = first.headers.get('etag') ?? '';
  t.match(etag, /^"1-1-worker-[0-9a-f]{16}"$/);
  for (const value of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const same = await call('GET', '/v1/loads/etag-1', { headers: { 'If-None-Match': value } });
    t.equal(same.status, 304);
    t.equal(same.text, '');
    t.equal(same.headers.get('etag'), etag);
  }
  await setLoad('etag-1', SUCCEEDED);
  const changed = await call('GET', '/v1/loads/etag-1', { headers: { 'If-None-Match': etag } });
  t.equal(changed.status, 200);
  t.equal(changed.headers.get('etag'), '"1-2"');
});

t.test('the ETag tells whether the environment has a worker', async (t) => {
  const { call, put, pool } = await serve(t);
  await pool.query("INSERT INTO copydock.workers (id, environments) VALUES ('w', '{development}')");
  await put('etag-2');
  const { headers, json } = await call('GET', '/v1/loads/etag-2');
  t.equal(headers.get('etag'), '"1-1"');
  t.equal(json.waiting_for, null);
});

t.test('whatever a reader sees changes the ETag, however soon after the last change', async (t) => {
  const { call, put, setLoad } = await serve(t);
  await put('etag-4');
  const seen = new Set([(await call('GET', '/v1/loads/etag-4')).headers.get('etag')]);
  const changes = [
    "warnings = '{a column is unknown}'",
    "warnings = '{a column is unknown, another}'",
    `schema_drift = '{"new": ["a"]}'`,
    `progress = '{"rows_copied": 1}'`,
    'cancel_requested = true',
    "deadline_at = deadline_at + interval '1 s'",
    `cleanup = '{"status": "pending"}'`,
  ];
  for (const change of changes) {
    await setLoad('etag-4', change);
    const etag = (await call('HEAD', '/v1/loads/etag-4')).headers.get('etag');
    t.notOk(seen.has(etag), change);
    seen.add(etag);
  }
});

t.test('the ETag tells of a pause whose reason is another', async (t) => {
  const pausedFor = (detail: string) =>
    etagOf({ attempt: 1, version: 1, waiting_for: { reason: 'paused', detail } });
  t.not(pausedFor('Paused by a: index rebuild'), pausedFor('Paused by b: moving house'));
});

t.test('a new attempt has another ETag', async (t) => {
  const { call, put, setLoad } = await serve(t);
  await put('etag-3');
  await setLoad('etag-3', failedWith({ code: 'internal_error', detail: 'x', hint: 'y', retryable: false }));
  await call('POST', '/v1/loads/etag-3/retry');
  t.match((await call('GET', '/v1/loads/etag-3')).headers.get('etag'), /^"2-/);
});

t.test('reads are never refused for being many', async (t) => {
  const { call, put } = await serve(t);
  await put('many');
  const answers = await Promise.all(Array.from({ length: 300 }, () => call('GET', '/v1/loads/many/gate')));
  t.same([...new Set(answers.map(({ status }) => status))], [404]);
});
