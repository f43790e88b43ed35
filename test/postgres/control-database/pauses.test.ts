import t from 'tap';
import { claimNextLoad } from '../../../src/postgres/control-database/claim-next.js';
import { connectControl } from '../../../src/postgres/control-database/connection.js';
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

async function claimId(): Promise<string> {
  const slot = { env: 'development', maxActiveLoads: 100, owner: 'w', leaseMs: 15_000 };
  const next = await claimNextLoad(control, slot);
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

t.test('a second pause tells who and why anew, and not since when', async (t) => {
  const first = await store.pause(PAUSE);
  const second = await store.pause({ env: 'development', by: 'another', reason: null });
  t.same(second, { ...first, pausedBy: 'another', reason: null });
});
