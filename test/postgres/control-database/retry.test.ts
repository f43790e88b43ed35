import t from 'tap';
import { acceptedLoad, addPlan, changeLoad, createControlDatabase, readValue } from './control-database.js';

const { pool, store } = await createControlDatabase(t);

const WORKED_ON = `started_at = now(), progress = '{}', receipt = '{"read": 3}', waiting_for = '{}', commit_plan = '{}',
  lease_token = 9, lease_owner = 'w', lease_expires_at = now() + interval '15 s', takeovers = 3, last_error = '{}',
  cancel_requested = true, unanswered_wakes = 4, wake_at = now() + interval '1 h', error = '{"code": "worker_lost"}',
  cleanup = '{"status": "failed", "detail": "S3 was away"}', deadline_at = attempt_at + interval '2 hours'`;

t.test(
  'a retry begins a fresh attempt and keeps the order, the bucket and the earlier attempt',
  async (t) => {
    const { load } = await store.accept(acceptedLoad());
    const planId = await addPlan(pool, load.id);
    await changeLoad(pool, load.id, `status = 'failed', finished_at = now(), ${WORKED_ON}`);
    const answer = await store.retry(load.id);
    t.match(answer, { outcome: 'retried', wake: { id: load.id, wakeNumber: 2 } });
    const retried = answer?.load;
    t.match(retried, {
      attempt: 2,
      status: 'queued',
      load_order: load.load_order,
      s3_bucket: load.s3_bucket,
      accepted_at: load.accepted_at,
      cancel_requested: false,
    });
    for (const column of [
      'started_at',
      'finished_at',
      'staging_prefix',
      'commit_plan',
      'waiting_for',
    ] as const) {
      t.equal(retried?.[column], null, column);
    }
    for (const column of ['progress', 'receipt', 'error', 'cleanup'] as const) {
      t.equal(retried?.[column], null, column);
    }
    t.ok((retried?.attempt_at ?? '') > load.attempt_at);
    const limitMs = Date.parse(retried?.deadline_at ?? '') - Date.parse(retried?.attempt_at ?? '');
    t.equal(limitMs, 60_000, 'the time that a pause gave to the earlier attempt is not kept');
    t.ok(
      await readValue(
        pool,
        `SELECT plan_id IS NULL AND lease_token IS NULL AND lease_expires_at IS NULL AND takeovers = 0
         AND last_error IS NULL AND unanswered_wakes = 0 AND wake_at <= now()
       FROM copydock.loads WHERE id = $1`,
        [load.id],
      ),
      'nothing of the earlier attempt is left in the row',
    );
    const { rows } = await pool.query('SELECT * FROM copydock.attempts WHERE load_id = $1', [load.id]);
    t.match(rows, [{ attempt: 1, status: 'failed', plan_id: planId, error: { code: 'worker_lost' } }]);
  },
);

t.test("a retry does not lose sight of the earlier attempt's clean-up", async (t) => {
  const { load } = await store.accept(acceptedLoad());
  const planId = await addPlan(pool, load.id);
  await store.cancel(load.id);
  await store.retry(load.id);
  t.ok(await readValue(pool, 'SELECT cleanup_due_at <= now() FROM copydock.plans WHERE id = $1', [planId]));
  await addPlan(pool, load.id);
  await store.cancel(load.id);
  await store.retry(load.id);
  t.equal(
    await readValue(
      pool,
      'SELECT count(*)::int FROM copydock.plans WHERE load_id = $1 AND cleanup_due_at <= now()',
      [load.id],
    ),
    2,
  );
});

t.test('ten retries at once begin one attempt', async (t) => {
  const { load } = await store.accept(acceptedLoad());
  await store.cancel(load.id);
  const answers = await Promise.all(Array.from({ length: 10 }, () => store.retry(load.id)));
  t.equal(answers.filter((answer) => answer?.outcome === 'retried').length, 1);
  t.equal(answers.filter((answer) => answer?.outcome === 'not_retryable').length, 9);
});

t.test('an active or succeeded load is not retried, an unknown one is null', async (t) => {
  const { load } = await store.accept(acceptedLoad());
  t.match(await store.retry(load.id), { outcome: 'not_retryable', wake: null, load: { attempt: 1 } });
  await changeLoad(pool, load.id, "status = 'succeeded', finished_at = now()");
  t.match(await store.retry(load.id), { outcome: 'not_retryable', load: { status: 'succeeded' } });
  t.equal(await store.retry('nobody-knows-it'), null);
});
