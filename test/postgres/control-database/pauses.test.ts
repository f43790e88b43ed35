import t from 'tap';
import { claimNextLoad } from '../../../src/postgres/control-database/claim-next.js';
import { connectControl } from '../../../src/postgres/control-database/connection.js';
import { transitionLoad } from '../../../src/postgres/control-database/transitions.js';
import { acceptedLoad, changeLoad, createControlDatabase, LEASED, readValue } from './control-database.js';

const { pool, store } = await createControlDatabase(t);
const control = connectControl(pool);
const PAUSE = { env: 'development', by: 'operator', reason: 'index rebuild' };

t.beforeEach(() =>
  pool.query('DELETE FROM copydock.loads; DELETE FROM copydock.turns; DELETE FROM copydock.pauses'),
);

async function accept(): Promise<string> {
  const accepted = acceptedLoad();
  return (await store.accept({ ...accepted, scopeTable: accepted.id })).load.id;
}

function claimNext(slot: { env?: string; onlyLoad?: string } = {}) {
  return claimNextLoad(control, {
    env: 'development',
    maxActiveLoads: 100,
    owner: 'w',
    leaseMs: 15_000,
    ...slot,
  });
}

async function claimId(): Promise<string> {
  const next = await claimNext();
  return next.kind === 'claimed' ? next.load.id : next.kind;
}

const readLoad = (id: string, what: string) =>
  readValue(pool, `SELECT ${what} FROM copydock.loads WHERE id = $1`, [id]);
const secondsLeft = (id: string) => readLoad(id, 'round(extract(epoch FROM deadline_at - now()))::int');

t.test(
  'in a paused environment what has begun is claimed, and nothing else, until it is resumed',
  async (t) => {
    const [waiting, begun, running] = [await accept(), await accept(), await accept()];
    await changeLoad(pool, begun, "status = 'copying'");
    await changeLoad(pool, running, `status = 'staging', ${LEASED}`);
    await store.pause(PAUSE);
    t.match(await store.pauses(), [{ env: 'development', pausedBy: 'operator', reason: 'index rebuild' }]);
    t.same([await claimId(), await claimId()], [begun, 'none']);
    const late = await accept();
    t.equal(await claimId(), 'none', 'what is accepted meanwhile waits, too');
    t.match(await store.resume('development'), { pausedBy: 'operator' });
    t.same([await claimId(), await claimId(), await claimId()], [waiting, late, 'none']);
    t.equal(await store.resume('development'), null);
  },
);

t.test('another environment goes on', async (t) => {
  await store.pause({ ...PAUSE, env: 'production' });
  const id = await accept();
  t.equal(await claimId(), id);
});

t.test('the sweep wakes nobody for loads that wait, and hands them out after the pause', async (t) => {
  const [waiting, begun] = [await accept(), await accept()];
  await changeLoad(pool, begun, "status = 'staging'");
  await store.pause(PAUSE);
  await pool.query("UPDATE copydock.loads SET wake_at = now() - interval '1 s'");
  t.same(
    (await store.sweep()).map(({ id }) => id),
    [begun],
  );
  await changeLoad(pool, waiting, "wake_at = now() + interval '30 s', unanswered_wakes = 7");
  await store.resume('development');
  t.same(
    (await store.sweep()).map(({ id }) => id),
    [waiting],
  );
});

t.test('a pause takes no time from loads that wait, and fails none', async (t) => {
  const [early, begun] = [await accept(), await accept()];
  await store.pause(PAUSE);
  const late = await accept();
  // The pause began two hours ago, early was accepted ten seconds before it and late one hour after.
  await pool.query("UPDATE copydock.pauses SET paused_at = now() - interval '2 hours'");
  const ageLoad = (id: string, age: string) =>
    changeLoad(
      pool,
      id,
      `attempt_at = now() - interval '${age}', deadline_at = now() - interval '${age}' + interval '60 s'`,
    );
  await ageLoad(early, '2 hours 10 s');
  await ageLoad(late, '1 hour');
  await ageLoad(begun, '1 hour');
  await changeLoad(pool, begun, "status = 'staging'");
  await store.sweep();
  t.equal(await readLoad(early, 'status'), 'queued');
  t.equal(await readLoad(late, 'status'), 'queued');
  t.equal(await readLoad(begun, 'status'), 'failed', 'what has begun keeps its time limit');
  await store.resume('development');
  t.ok(Math.abs(Number(await secondsLeft(early)) - 50) <= 20, 'it had used ten seconds of its minute');
  t.ok(Math.abs(Number(await secondsLeft(late)) - 60) <= 20, 'it had used none');
  await store.sweep();
  t.equal(await readLoad(early, 'status'), 'queued');
});

t.test('a pause waits for the claim that is under way, so that nothing begins after it', async (t) => {
  await accept();
  const claimer = await pool.connect();
  t.teardown(() => claimer.release());
  await claimer.query('BEGIN');
  await claimer.query(
    "SELECT pg_advisory_xact_lock(hashtextextended('copydock claim ' || 'development', 0))",
  );
  let isPaused = false;
  const pausing = store.pause(PAUSE).then(() => {
    isPaused = true;
  });
  for (;;) {
    const { rowCount } = await pool.query("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
    if (rowCount === 1) break;
  }
  t.notOk(isPaused);
  await claimer.query('COMMIT');
  await pausing;
  t.equal(await claimId(), 'none');
});

t.test('a load that was claimed right before the pause does not begin after it', async (t) => {
  const [claimed, begun] = [await accept(), await accept()];
  const [first, second] = [await claimNext(), await claimNext()];
  if (first.kind !== 'claimed' || second.kind !== 'claimed') throw new Error('two loads were to be claimed');
  t.ok(await transitionLoad(control, second.load, 'queued', 'staging'));
  await store.pause(PAUSE);
  t.notOk(await transitionLoad(control, first.load, 'queued', 'staging'), 'its worker has lost it');
  t.ok(await transitionLoad(control, second.load, 'staging', 'copying'), 'what has begun goes on');
  t.match(await store.get(claimed), { status: 'queued', started_at: null });
  t.match(await store.get(begun), { status: 'copying' });
  await store.resume('development');
  t.equal(await claimId(), claimed);
  t.equal(await readLoad(claimed, 'takeovers'), 0, 'nothing of it counts against the load');
});

/** A queued load of development and one of production behind it, on one table; the latter has staged all where it waits. */
async function acceptBehind({ status }: { status: string }) {
  const accepted = acceptedLoad();
  const scopeTable = `table of ${accepted.id}`;
  const { id: first } = (await store.accept({ ...accepted, scopeTable })).load;
  const { id: behind } = (await store.accept({ ...acceptedLoad(), scopeTable })).load;
  const waiting = status === 'queued' ? '' : `, waiting_for = '{"reason": "earlier_load"}'`;
  await changeLoad(pool, behind, `env = 'production', status = '${status}'${waiting}`);
  return { first, behind };
}

/** The pause of development began two hours ago; the load is as old, and its minute has passed. */
async function agePause(id: string): Promise<void> {
  await pool.query("UPDATE copydock.pauses SET paused_at = now() - interval '2 hours'");
  await changeLoad(
    pool,
    id,
    "attempt_at = now() - interval '2 hours 10 s', deadline_at = now() - interval '2 hours' + interval '50 s'",
  );
}

t.test('a load that waits for one of a paused environment loses no time either', async (t) => {
  for (const status of ['queued', 'copying', 'committing']) {
    const { behind } = await acceptBehind({ status });
    await store.pause(PAUSE);
    await agePause(behind);
    await store.sweep();
    t.equal(await readLoad(behind, 'status'), status);
    if (status === 'committing') {
      const next = await claimNext({ env: 'production', onlyLoad: behind });
      t.match(next, { load: { id: behind, deadlineInMs: Number.POSITIVE_INFINITY } }, 'it is looked at');
      await changeLoad(pool, behind, 'lease_expires_at = NULL');
    }
    await store.resume('development');
    t.ok(Math.abs(Number(await secondsLeft(behind)) - 50) <= 20, `${status}: it had used ten seconds`);
    await store.sweep();
    t.equal(await readLoad(behind, 'status'), status);
  }
});

t.test('nor does it where the load that it waits for is cancelled during the pause', async (t) => {
  const { first, behind } = await acceptBehind({ status: 'copying' });
  await store.pause(PAUSE);
  await agePause(behind);
  t.match(await store.cancel(first), { outcome: 'cancelled' });
  t.ok(Math.abs(Number(await secondsLeft(behind)) - 50) <= 20);
  await store.resume('development');
  t.ok(Math.abs(Number(await secondsLeft(behind)) - 50) <= 20, 'the time is given once');
});

t.test('nor where that one was claimed and its cancel asked for before the pause', async (t) => {
  const { first, behind } = await acceptBehind({ status: 'copying' });
  await claimNext();
  t.match(await store.cancel(first), { outcome: 'requested' });
  await store.pause(PAUSE);
  await agePause(behind);
  await store.sweep();
  t.match(await store.get(first), { status: 'cancelled' }, 'its worker may not go on, so the sweep ends it');
  t.equal(await readLoad(behind, 'status'), 'copying');
  t.ok(Math.abs(Number(await secondsLeft(behind)) - 50) <= 20);
});

t.test('two that are cancelled at once give the time back to those behind them', async (t) => {
  const { first, behind } = await acceptBehind({ status: 'copying' });
  const second = acceptedLoad();
  await store.accept({ ...second, scopeTable: `table of ${first}` });
  await changeLoad(pool, behind, 'load_order = load_order + 1000');
  await store.pause(PAUSE);
  await agePause(behind);
  const blocker = await pool.connect();
  t.teardown(() => blocker.release());
  await blocker.query('BEGIN');
  await blocker.query('SELECT FROM copydock.loads WHERE id = $1 FOR UPDATE', [behind]);
  const cancelling = [store.cancel(first), store.cancel(second.id)];
  for (;;) {
    const { rowCount } = await pool.query(
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    if (rowCount === 2) break;
  }
  await blocker.query('COMMIT');
  t.match(await Promise.all(cancelling), [{ outcome: 'cancelled' }, { outcome: 'cancelled' }]);
  t.ok(Math.abs(Number(await secondsLeft(behind)) - 50) <= 20);
});

t.test('two that resume at once give the time back once', async (t) => {
  const id = await accept();
  await store.pause(PAUSE);
  await agePause(id);
  const over = await Promise.all([store.resume('development'), store.resume('development')]);
  t.equal(over.filter((pause) => pause !== null).length, 1);
  t.ok(Math.abs(Number(await secondsLeft(id)) - 50) <= 20);
});

t.test('a load that waits for one that has begun keeps its time limit', async (t) => {
  const { first, behind } = await acceptBehind({ status: 'copying' });
  await changeLoad(pool, first, "status = 'staging'");
  await store.pause(PAUSE);
  await agePause(behind);
  await store.sweep();
  t.equal(await readLoad(behind, 'status'), 'failed');
});

t.test('a second pause tells who and why anew, and not since when', async (t) => {
  const first = await store.pause(PAUSE);
  const second = await store.pause({ env: 'development', by: 'another', reason: null });
  t.same(second, { ...first, pausedBy: 'another', reason: null });
});
