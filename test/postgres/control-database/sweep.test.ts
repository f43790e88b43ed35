import t from 'tap';
import { PostgresLoadStore } from '../../../src/postgres/control-database/load-store.js';
import {
  acceptedLoad,
  addPlan,
  changeLoad,
  createControlDatabase,
  LEASE_EXPIRED,
  LEASED,
  readValue,
} from './control-database.js';

const { pool, store, setServerAge } = await createControlDatabase(t);
const QUIET = "wake_at = now() + interval '1 h'";
const OVERDUE = "deadline_at = now() - interval '1 s'";

t.beforeEach(async () => {
  await pool.query('DELETE FROM copydock.loads');
  await pool.query(
    "UPDATE copydock.control_state SET last_sweep_at = now(), no_takeover_until = '-infinity'",
  );
  await setServerAge(3600);
});

async function accept(assignments?: string, env = 'development'): Promise<string> {
  const accepted = acceptedLoad();
  const { id: scopeTable, request } = accepted;
  const { load } = await store.accept({ ...accepted, scopeTable, request: { ...request, env } });
  if (assignments !== undefined) await changeLoad(pool, load.id, assignments);
  return load.id;
}

async function sweptIds(): Promise<string[]> {
  return (await store.sweep()).map(({ id }) => id);
}

async function makeDue(): Promise<void> {
  await pool.query('UPDATE copydock.loads SET wake_at = now()');
}

t.test('unfinished loads that nobody works on are handed out, oldest first', async (t) => {
  const first = await accept();
  const second = await accept("status = 'committing', cancel_requested = false");
  await accept(LEASED);
  await accept(QUIET);
  await accept("status = 'succeeded', finished_at = now()");
  t.same(await sweptIds(), [first, second]);
});

t.test('a load that stays unclaimed is handed out ever more rarely, with the same wake number', async (t) => {
  const id = await accept();
  const pauses: number[] = [];
  for (let sweep = 0; sweep < 5; sweep++) {
    t.same(await store.sweep(), [{ id, env: 'development', wakeNumber: 1 }]);
    t.same(await store.sweep(), []);
    pauses.push(
      await readValue(pool, 'SELECT extract(epoch FROM wake_at - now())::float8 FROM copydock.loads'),
    );
    await makeDue();
  }
  t.same(
    pauses.map((pause) => Math.round(pause / 5) * 5),
    [5, 10, 20, 30, 30],
  );
});

t.test('the twentieth unanswered wake has a new number, for the job may be stuck', async (t) => {
  const id = await accept('unanswered_wakes = 19');
  t.same(await store.sweep(), [{ id, env: 'development', wakeNumber: 2 }]);
});

t.test('a load whose lease ran out is handed out under a new number', async (t) => {
  const id = await accept(LEASE_EXPIRED);
  t.same(await store.sweep(), [{ id, env: 'development', wakeNumber: 2 }]);
});

t.test('after an outage nobody takes a load over for one lease', async (t) => {
  const expired = await accept(LEASE_EXPIRED);
  const overdue = await accept(`${LEASE_EXPIRED}, ${OVERDUE}`);
  const unleased = await accept();
  await pool.query("UPDATE copydock.control_state SET last_sweep_at = now() - interval '16 s'");
  t.same(await sweptIds(), [unleased]);
  t.equal((await store.get(overdue))?.status, 'queued');
  await makeDue();
  t.same(await sweptIds(), [unleased], 'still within the lease');
  await pool.query('UPDATE copydock.control_state SET no_takeover_until = now()');
  await makeDue();
  t.same((await sweptIds()).sort(), [expired, unleased].sort());
  t.equal((await store.get(overdue))?.status, 'failed');
});

t.test('a shorter lease is given less time after an outage', async (t) => {
  const expired = await accept(LEASE_EXPIRED);
  await pool.query("UPDATE copydock.control_state SET last_sweep_at = now() - interval '4 s'");
  await new PostgresLoadStore(pool, 3_000).sweep();
  const pause =
    'SELECT extract(epoch FROM no_takeover_until - last_sweep_at)::int FROM copydock.control_state';
  t.equal(await readValue(pool, pause), 3);
  t.match(await store.get(expired), { status: 'queued' });
});

t.test('a server that has just started counts as an outage', async (t) => {
  const id = await accept(LEASE_EXPIRED);
  await setServerAge(5);
  t.same(await sweptIds(), []);
  await setServerAge(16);
  t.same(await sweptIds(), [], 'one lease from the last sweep that saw a young server');
  await pool.query('UPDATE copydock.control_state SET no_takeover_until = now()');
  t.same(await sweptIds(), [id]);
});

t.test('an overdue load that nobody works on fails, and its plan is due for clean-up', async (t) => {
  const overdue = await accept();
  const planId = await addPlan(pool, overdue);
  await changeLoad(pool, overdue, `status = 'staging', ${OVERDUE}`);
  const leased = await accept(`${OVERDUE}, ${LEASED}`);
  const committing = await accept(`status = 'committing', ${OVERDUE}`);
  t.same((await sweptIds()).sort(), [committing, overdue].sort(), 'the one to finish, the other to clean up');
  const load = await store.get(overdue);
  t.match(load, { status: 'failed', error: { code: 'deadline_exceeded' }, cleanup: { status: 'pending' } });
  t.ok(await readValue(pool, 'SELECT cleanup_due_at <= now() FROM copydock.plans WHERE id = $1', [planId]));
  t.match((await store.logs(overdue, 0, 10)).at(-1), { level: 'error', message: load?.error?.detail });
  t.equal((await store.get(leased))?.status, 'queued');
  t.equal((await store.get(committing))?.status, 'committing');
});

t.test('a cancelled load whose worker died ends as cancelled', async (t) => {
  const id = await accept(`status = 'copying', cancel_requested = true, ${LEASE_EXPIRED}`);
  const held = await accept(`status = 'copying', cancel_requested = true, ${LEASED}`);
  t.same(await sweptIds(), []);
  t.match(await store.get(id), { status: 'cancelled', error: null });
  t.equal((await store.get(held))?.status, 'copying');
});

t.test('any plan due for clean-up wakes its load, also one of an earlier attempt', async (t) => {
  const ended = await accept();
  await addPlan(pool, ended);
  await store.cancel(ended);
  const retried = await accept();
  await addPlan(pool, retried);
  await store.cancel(retried);
  await store.retry(retried);
  await changeLoad(pool, retried, LEASED);
  const clean = await accept();
  await addPlan(pool, clean);
  await store.cancel(clean);
  await pool.query('UPDATE copydock.plans SET cleanup_due_at = NULL WHERE load_id = $1', [clean]);
  t.same(await sweptIds(), [ended], 'not while a worker holds the load');
  await changeLoad(pool, retried, 'lease_expires_at = NULL');
  t.same(await sweptIds(), [retried]);
});

t.test('sweeps side by side hand each load out once, and environments take turns', async (t) => {
  const backlog: string[] = [];
  while (backlog.length < 60) backlog.push(await accept());
  const lonely = await accept(undefined, 'production');
  const sweeps = await Promise.all(Array.from({ length: 4 }, () => store.sweep()));
  const ids = sweeps.flat().map(({ id }) => id);
  t.same([...ids].sort(), [...backlog, lonely].sort());
  const first = sweeps.find((wakes) => wakes.some(({ id }) => id === lonely)) ?? [];
  t.ok(
    first.findIndex(({ id }) => id === lonely) < 2,
    'the backlog does not go before the other environment',
  );
});

t.test('a sweep hands out at most 500, and the next one the rest', async (t) => {
  const { load } = await store.accept(acceptedLoad());
  await pool.query(
    `INSERT INTO copydock.loads (id, load_order, env, load_type, data_set, target_table, target_database, scope_table,
       scope_key, request, request_hash, s3_bucket, s3_bucket_source, deadline_at)
     SELECT 'copy-' || n, 1000000 + n, env, load_type, data_set, target_table, target_database, scope_table || n, scope_key,
       request, request_hash, s3_bucket, s3_bucket_source, deadline_at
     FROM copydock.loads, generate_series(1, 599) AS n WHERE id = $1`,
    [load.id],
  );
  t.equal((await store.sweep()).length, 500);
  t.equal((await store.sweep()).length, 100);
  t.equal((await store.sweep()).length, 0);
});

t.test('a load that an earlier one of its scope holds up is handed out once that has ended', async (t) => {
  const waits = `status = 'copying', waiting_for = '{"reason": "earlier_load"}'`;
  const { load: earlier } = await store.accept(acceptedLoad());
  const { load: later } = await store.accept(acceptedLoad());
  await changeLoad(pool, earlier.id, LEASED);
  await changeLoad(pool, later.id, waits);
  t.same(await sweptIds(), []);
  await changeLoad(pool, earlier.id, "status = 'cancelled', finished_at = now()");
  t.same(await sweptIds(), [later.id]);
});
