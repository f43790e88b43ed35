import t from 'tap';
import { acceptedLoad, addPlan, changeLoad, createControlDatabase, readValue } from './control-database.js';

const { pool, store } = await createControlDatabase(t);
const FAILED = 'status = \'failed\', finished_at = now(), error = \'{"code": "internal_error"}\'';

t.test('a new load is stored with its decisions and its log lines', async (t) => {
  const accepted = acceptedLoad({
    request: {
      load_type: 'delta',
      data_set: 'tree',
      path: 's3://data/tree/',
      env: 'production',
      labels: { dag_id: 'nightly' },
    },
    absentFields: ['table'],
    warnings: ['the source bucket looks foreign'],
  });
  const { outcome, load, wake } = await store.accept(accepted);
  t.equal(outcome, 'created');
  t.same(wake, { id: accepted.id, env: 'production', wakeNumber: 1 });
  t.same(load, await store.get(accepted.id));
  t.match(load, {
    id: accepted.id,
    version: 1,
    attempt: 1,
    status: 'queued',
    env: 'production',
    load_type: 'delta',
    path: 's3://data/tree/',
    labels: { dag_id: 'nightly' },
    request: accepted.request,
    absent_fields: ['table'],
    warnings: ['the source bucket looks foreign'],
    s3_bucket: 'development-staging',
    submitted_by: 'tester',
    staging_prefix: null,
    receipt: null,
    error: null,
  });
  const limitMs = Date.parse(load.deadline_at) - Date.parse(load.attempt_at);
  t.equal(limitMs, 6 * 60 * 60 * 1000, 'six hours unless the request says otherwise');
  const lines = await store.logs(accepted.id, 0, 10);
  t.same(
    lines.map(({ level, message }) => [level, message]),
    [
      ['info', 'first line'],
      ['info', 'second line'],
      ['warning', 'the source bucket looks foreign'],
    ],
  );
  const [first] = lines;
  t.equal((await store.logs(accepted.id, first?.seq ?? 0, 1))[0]?.message, 'second line');
});

t.test('fifty accepts of one key at once give one load', async (t) => {
  const key = 'dag/run:2026-01-01T00:00:00+00:00';
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => store.accept(acceptedLoad({ idempotencyKey: key }))),
  );
  t.equal(new Set(answers.map(({ load }) => load.id)).size, 1);
  t.equal(answers.filter(({ outcome }) => outcome === 'created').length, 1);
  t.equal(answers.filter(({ outcome }) => outcome === 'replayed').length, 49);
});

t.test('one key for different tables at once gives one load and conflicts, never an error', async (t) => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      store.accept(
        acceptedLoad({ idempotencyKey: 'shared', scopeTable: `public.t${i}`, requestHash: `${i}` }),
      ),
    ),
  );
  t.equal(answers.filter(({ outcome }) => outcome === 'created').length, 1);
  t.equal(answers.filter(({ outcome }) => outcome === 'conflict').length, 19);
});

t.test('an active or succeeded load is replayed', async (t) => {
  const accepted = acceptedLoad();
  await store.accept(accepted);
  t.match(await store.accept(accepted), { outcome: 'replayed', wake: null, load: { id: accepted.id } });
  await changeLoad(pool, accepted.id, "status = 'succeeded', finished_at = now()");
  t.match(await store.accept(accepted), { outcome: 'replayed', wake: null, load: { status: 'succeeded' } });
});

for (const status of ['failed', 'cancelled']) {
  t.test(`a ${status} load begins a new attempt when its request comes again`, async (t) => {
    const accepted = acceptedLoad({ idempotencyKey: `again after ${status}` });
    const first = await store.accept(accepted);
    await changeLoad(pool, accepted.id, `status = '${status}', finished_at = now()`);
    const again = await store.accept(acceptedLoad({ idempotencyKey: accepted.idempotencyKey }));
    t.match(again, { outcome: 'retried', load: { id: accepted.id, attempt: 2, status: 'queued' } });
    t.equal(again.load.load_order, first.load.load_order);
    t.same(again.wake, { id: accepted.id, env: 'development', wakeNumber: 2 });
  });
}

t.test('fifty repeats of a failed request begin one attempt', async (t) => {
  const accepted = acceptedLoad();
  await store.accept(accepted);
  await addPlan(pool, accepted.id);
  await changeLoad(pool, accepted.id, FAILED);
  const answers = await Promise.all(Array.from({ length: 50 }, () => store.accept(accepted)));
  t.equal(answers.filter(({ outcome }) => outcome === 'retried').length, 1);
  t.equal((await store.get(accepted.id))?.attempt, 2);
});

t.test('another request with a used id or key is a conflict that changes nothing', async (t) => {
  const accepted = acceptedLoad({ idempotencyKey: 'taken' });
  await store.accept(accepted);
  await changeLoad(pool, accepted.id, FAILED);
  const other = { requestHash: 'b'.repeat(64) };
  t.match(await store.accept({ ...accepted, ...other }), { outcome: 'conflict', wake: null });
  t.match(await store.accept(acceptedLoad({ idempotencyKey: 'taken', ...other })), {
    outcome: 'conflict',
    load: { id: accepted.id },
  });
  t.match(await store.get(accepted.id), { status: 'failed', attempt: 1 });
});

t.test('within a scope no load becomes visible before an earlier one', async (t) => {
  const blocker = await pool.connect();
  t.teardown(() => blocker.release());
  const first = acceptedLoad({ scopeTable: 'public.ordered' });
  const second = acceptedLoad({ scopeTable: 'public.ordered' });
  const elsewhere = acceptedLoad({ scopeTable: 'public.elsewhere' });
  await blocker.query('BEGIN; LOCK TABLE copydock.load_logs IN SHARE MODE');
  const firstStored = store.accept(first);
  await waitForLockWaits(1);
  const secondStored = store.accept(second);
  await waitForLockWaits(2);
  const elsewhereStored = store.accept(elsewhere);
  await waitForLockWaits(3);
  t.equal(
    await readValue(
      pool,
      "SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    ),
    1,
    'only the load of the same table waits for its turn',
  );
  await blocker.query('COMMIT');
  const loads = await Promise.all([firstStored, secondStored, elsewhereStored]);
  t.ok((loads[0]?.load.load_order ?? 0) < (loads[1]?.load.load_order ?? 0));
});

async function waitForLockWaits(count: number): Promise<void> {
  const deadlineMs = Date.now() + 10_000;
  const sql = `SELECT count(*)::int FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await readValue<number>(pool, sql)) < count) {
    if (Date.now() > deadlineMs) throw new Error(`never saw ${count} lock waits`);
  }
}
