import { pino } from 'pino';
import t, { type Test } from 'tap';
import { LoadService, type Principal } from '../../src/loads/service.js';
import type { Wake } from '../../src/loads/store.js';
import { ChangeFeed } from '../../src/postgres/control-database/change-feed.js';
import { changeLoad, createControlDatabase, LEASED } from '../postgres/control-database/control-database.js';
import { configuration } from './configuration.js';

const { pool, store, url } = await createControlDatabase(t);
const operator: Principal = { name: 'operator', environments: null, access: 'write' };
const body = { load_type: 'full', data_set: 'tree', path: 's3://data/tree/', env: 'development' };

interface Refusal {
  code: string;
  message?: RegExp;
  report?: object;
}

interface Setting {
  service: LoadService;
  wakes: Wake[];
  logged: { level: number; msg: string; load_id?: string }[];
}

function createService(t: Test, { queueIsDown = false } = {}): Setting {
  const wakes: Wake[] = [];
  const logged: Setting['logged'] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const changes = new ChangeFeed({ databaseUrl: url, logger });
  t.teardown(() => changes.stop());
  const queue = {
    wake: async (wake: Wake) => {
      if (queueIsDown) throw new Error('the queue is down');
      wakes.push(wake);
    },
  };
  return {
    service: new LoadService({ store, queue, changes, config: configuration(), logger }),
    wakes,
    logged,
  };
}

t.test('a submission is stored with its decisions, logged, and a worker is woken', async (t) => {
  const { service, wakes, logged } = createService(t);
  const { load, outcome } = await service.submit({
    body: { ...body, s3_bucket: 'my-staging-bucket', labels: { dag_id: 'd' }, table: '', timeout_s: 60 },
    principal: operator,
  });
  await service.settle();
  t.equal(outcome, 'created');
  t.match(load, {
    status: 'queued',
    s3_bucket: 'my-staging-bucket',
    s3_bucket_source: 'request',
    target_table: 'public.tree',
    absent_fields: ['table'],
    labels: { dag_id: 'd' },
    submitted_by: 'operator',
  });
  t.equal(Date.parse(load.deadline_at) - Date.parse(load.attempt_at), 60_000);
  t.same(wakes, [{ id: load.id, env: 'development', wakeNumber: 1 }]);
  const lines = [
    'Main: Using S3 bucket from Airflow arguments: my-staging-bucket',
    'Main: Using S3 bucket for COPY protocol staging: my-staging-bucket',
  ];
  t.same(
    (await service.logs(load.id, 0, 10)).map(({ message }) => message),
    lines,
  );
  t.same(
    logged.filter(({ load_id }) => load_id === load.id).map(({ msg }) => msg),
    lines,
  );
});

t.test('without a time limit a load has six hours', async (t) => {
  const { load } = await createService(t).service.submit({ body, principal: operator });
  t.equal(Date.parse(load.deadline_at) - Date.parse(load.attempt_at), 6 * 3_600_000);
});

t.test('a source bucket of another environment is a warning', async (t) => {
  const { service } = createService(t);
  const { load } = await service.submit({
    body: { ...body, path: 's3://production-data/tree/' },
    principal: operator,
  });
  t.equal(load.warnings.length, 1);
  t.match((await service.logs(load.id, 0, 10)).at(-1), { level: 'warning', message: load.warnings[0] });
});

const refusals: [title: string, changes: object, principal: Partial<Principal>, error: Refusal][] = [
  ['a broken request', { load_type: 'all' }, {}, { code: 'invalid_request', report: { field: 'load_type' } }],
  [
    'an environment beyond the key',
    {},
    { environments: ['staging'] },
    { code: 'forbidden', report: { field: 'env' } },
  ],
  [
    'an unknown environment',
    { env: 'developmnt' },
    {},
    { code: 'environment_unknown', message: /mean development\?.*development, staging, production/ },
  ],
  ['an environment without a database', { env: 'staging' }, {}, { code: 'environment_not_configured' }],
  [
    "another environment's staging bucket",
    { env: 'production', s3_bucket: 'development-pyspark-jobs-codepackage' },
    {},
    { code: 'staging_bucket_not_allowed' },
  ],
  ['a schema that is no target', { table: 'private.tree' }, {}, { code: 'target_schema_not_allowed' }],
];
for (const [title, changes, principal, error] of refusals) {
  t.test(`${title} is refused before anything is stored or queued`, async (t) => {
    const { service, wakes } = createService(t);
    const before = await service.list({ limit: 1 });
    await t.rejects(
      service.submit({ body: { ...body, ...changes }, principal: { ...operator, ...principal } }),
      error,
    );
    await service.settle();
    t.same(await service.list({ limit: 1 }), before);
    t.same(wakes, []);
  });
}

t.test('a key is good for one request, whatever the order of its fields', async (t) => {
  const { service } = createService(t);
  const idempotencyKey = 'dag/task/run:1+2';
  const first = await service.submit({ body, idempotencyKey, principal: operator });
  const reordered = Object.fromEntries(Object.entries(body).reverse());
  const again = await service.submit({ body: reordered, idempotencyKey, principal: operator });
  t.match(again, { outcome: 'replayed', load: { id: first.load.id } });
  await t.rejects(
    service.submit({ body: { ...body, data_set: 'shrub' }, idempotencyKey, principal: operator }),
    {
      code: 'idempotency_conflict',
      message: new RegExp(first.load.id),
      report: { field: 'Idempotency-Key' },
    },
  );
});

t.test("a client's own id names its load", async (t) => {
  const { service } = createService(t);
  const submit = (clientId: string, changes = {}) =>
    service.submit({ body: { ...body, ...changes }, clientId, principal: operator });
  t.match(await submit('nightly.2026-11-23'), { outcome: 'created', load: { id: 'nightly.2026-11-23' } });
  t.match(await submit('nightly.2026-11-23'), { outcome: 'replayed' });
  await t.rejects(submit('nightly.2026-11-23', { data_set: 'shrub' }), { code: 'idempotency_conflict' });
  for (const id of ['', '.hidden', 'a:b', 'x'.repeat(37)]) {
    await t.rejects(submit(id), { code: 'invalid_id' }, JSON.stringify(id));
  }
});

t.test('a queue that is down fails no submission', async (t) => {
  const { service, logged } = createService(t, { queueIsDown: true });
  const { outcome, load } = await service.submit({ body, principal: operator });
  await service.settle();
  t.equal(outcome, 'created');
  t.ok(
    logged.some(({ level, load_id }) => level === 40 && load_id === load.id),
    'it is logged',
  );
});

t.test('cancel and retry wake a worker where there is work, and say null for an unknown load', async (t) => {
  const { service, wakes } = createService(t);
  const { load } = await service.submit({ body, principal: operator });
  const cancelled = await service.cancel(load.id);
  t.match(cancelled, { outcome: 'cancelled', load: { status: 'cancelled' } });
  t.notOk('wake' in (cancelled ?? {}));
  t.match(await service.retry(load.id), { outcome: 'retried', load: { attempt: 2 } });
  await service.settle();
  t.match(wakes, [{ wakeNumber: 1 }, { wakeNumber: 3 }]);
  t.equal(await service.cancel('nobody-knows-it'), null);
  t.equal(await service.retry('nobody-knows-it'), null);
  t.equal(await service.get('nobody-knows-it'), null);
});

t.test('a waiter is answered as soon as the load changes', async (t) => {
  const { service } = createService(t);
  const { load } = await service.submit({ body, principal: operator });
  await changeLoad(pool, load.id, LEASED);
  const signal = new AbortController().signal;
  const waiting = service.waitForChange(load.id, { version: load.version }, 30_000, signal);
  await changeLoad(pool, load.id, "status = 'staging'");
  t.match(await waiting, { status: 'staging', version: load.version + 1 });
});

t.test('is ready while the control database answers', async (t) => {
  t.equal(await createService(t).service.isReady(), true);
});
