import t from 'tap';
import {
  acceptedLoad,
  addPlan,
  changeLoad,
  createControlDatabase,
  LEASED,
  readValue,
} from './control-database.js';

const { pool, store } = await createControlDatabase(t);
const DAYS = 30;

t.beforeEach(() => pool.query('DELETE FROM copydock.loads'));

/** A load that ended so many days ago, with a plan that is clean, a part, a rejected record and a log. */
async function acceptEnded(daysAgo: number, idempotencyKey: string | null = null): Promise<string> {
  const { load } = await store.accept(acceptedLoad({ idempotencyKey }));
  const plan = await addPlan(pool, load.id);
  await pool.query(
    `INSERT INTO copydock.parts (plan_id, part, object_index, start_byte, size_bytes, first_line, line_count, records,
       columns, ends_object) VALUES ($1, 0, 0, 0, 1, 1, 1, 1, '{a}', true)`,
    [plan],
  );
  await pool.query(
    `INSERT INTO copydock.rejects (load_id, attempt, seq, object, sqlstate, reason, record, is_cut, columns)
     VALUES ($1, 1, 1, 'tree.csv', '22P02', 'no number', 'x', false, '{a}')`,
    [load.id],
  );
  await changeLoad(
    pool,
    load.id,
    `status = 'succeeded', finished_at = now() - interval '${daysAgo} days' - interval '1 s'`,
  );
  return load.id;
}

function countRows(table: string): Promise<number> {
  return readValue(pool, `SELECT count(*)::int FROM copydock.${table}`);
}

t.test('a load that ended long ago goes, with everything that was kept of it', async (t) => {
  const old = await acceptEnded(DAYS);
  const young = await acceptEnded(DAYS - 1);
  t.equal(await store.expire(DAYS), 1);
  t.equal(await store.get(old), null);
  t.ok(await store.get(young));
  for (const table of ['plans', 'parts', 'rejects']) t.equal(await countRows(table), 1, table);
  t.equal(await countRows('load_logs'), 2);
});

t.test('earlier attempts go with the load', async (t) => {
  const { load } = await store.accept(acceptedLoad());
  await store.cancel(load.id);
  await store.retry(load.id);
  await changeLoad(pool, load.id, "status = 'failed', finished_at = now() - interval '40 days'");
  t.equal(await countRows('attempts'), 1);
  t.equal(await store.expire(DAYS), 1);
  t.equal(await countRows('attempts'), 0);
});

t.test('its idempotency key and its id are free again', async (t) => {
  const old = await acceptEnded(DAYS, 'nightly');
  await store.expire(DAYS);
  t.match(await store.accept(acceptedLoad({ id: old, idempotencyKey: 'nightly', requestHash: 'b' })), {
    outcome: 'created',
  });
});

t.test('unfinished loads stay, however old', async (t) => {
  const { load } = await store.accept(acceptedLoad());
  await changeLoad(pool, load.id, "accepted_at = now() - interval '1 year'");
  t.equal(await store.expire(DAYS), 0);
  t.ok(await store.get(load.id));
});

t.test('one whose clean-up is not done stays until it is, due or not yet due', async (t) => {
  const id = await acceptEnded(DAYS);
  for (const due of ["now() - interval '1 day'", "now() + interval '1 h'"]) {
    await pool.query(`UPDATE copydock.plans SET cleanup_due_at = ${due}`);
    t.equal(await store.expire(DAYS), 0, due);
  }
  await pool.query('UPDATE copydock.plans SET cleanup_due_at = NULL');
  await changeLoad(pool, id, LEASED);
  t.equal(await store.expire(DAYS), 0, 'a worker holds it');
  await changeLoad(pool, id, 'lease_expires_at = NULL');
  t.equal(await store.expire(DAYS), 1);
});

t.test('the oldest hundred go at a time', async (t) => {
  const { load } = await store.accept(acceptedLoad());
  await pool.query(
    `INSERT INTO copydock.loads (id, load_order, env, load_type, data_set, target_table, target_database, scope_table,
       scope_key, request, request_hash, s3_bucket, s3_bucket_source, deadline_at, status, finished_at)
     SELECT 'old-' || n, 1000000 + n, env, load_type, data_set, target_table, target_database, scope_table, scope_key,
       request, request_hash, s3_bucket, s3_bucket_source, deadline_at, 'failed', now() - interval '31 days' - n * interval '1 h'
     FROM copydock.loads, generate_series(1, 150) AS n WHERE id = $1`,
    [load.id],
  );
  t.equal(await store.expire(DAYS), 100);
  t.equal(await store.get('old-150'), null, 'the oldest first');
  t.ok(await store.get('old-50'));
  t.equal(await store.expire(DAYS), 50);
  t.equal(await store.expire(DAYS), 0);
});

t.test(
  'two processes that expire at once do not wait for each other, and delete each load once',
  async (t) => {
    for (let count = 0; count < 10; count += 1) await acceptEnded(DAYS);
    const deleted = await Promise.all([store.expire(DAYS), store.expire(DAYS), store.expire(DAYS)]);
    t.equal(
      deleted.reduce((sum, count) => sum + count, 0),
      10,
    );
  },
);

t.test('turns of a day ago are forgotten', async (t) => {
  await pool.query(
    `INSERT INTO copydock.turns VALUES ('e', 'old', now() - interval '25 h'), ('e', 'new', now() - interval '1 h')`,
  );
  await store.expire(DAYS);
  t.equal(await readValue(pool, 'SELECT string_agg(data_set, $1) FROM copydock.turns', [',']), 'new');
});
