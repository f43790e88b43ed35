import t from 'tap';
import type { LoadStatus } from '../../../src/loads/load-status.js';
import {
  acceptedLoad,
  addPlan,
  changeLoad,
  createControlDatabase,
  LEASE_EXPIRED,
  LEASED,
  readValue,
} from './control-database.js';

const { pool, store } = await createControlDatabase(t);

async function acceptIn(status: LoadStatus, assignments = 'progress = NULL'): Promise<string> {
  const { load } = await store.accept(acceptedLoad());
  await addPlan(pool, load.id);
  await changeLoad(pool, load.id, `status = '${status}', ${assignments}`);
  return load.id;
}

async function messages(id: string): Promise<string[]> {
  return (await store.logs(id, 0, 100)).map(({ message }) => message);
}

t.test('a queued load is over at once and needs no worker where nothing was planned', async (t) => {
  const { load } = await store.accept(acceptedLoad());
  const answer = await store.cancel(load.id);
  t.match(answer, { outcome: 'cancelled', wake: null });
  t.match(answer?.load, { status: 'cancelled', cancel_requested: true, error: null });
  t.same(answer?.load.cleanup, { status: 'done', detail: null }, 'there is nothing to clean up');
  t.ok(answer?.load.finished_at);
  t.same((await messages(load.id)).slice(-2), ['Cancel requested', 'Cancelled']);
});

for (const lease of ['lease_expires_at = NULL', LEASE_EXPIRED]) {
  t.test(
    `a load without a live lease (${lease}) is over at once and its plan is due for clean-up`,
    async (t) => {
      const id = await acceptIn('copying', lease);
      const answer = await store.cancel(id);
      t.match(answer, { outcome: 'cancelled', wake: { id, env: 'development', wakeNumber: 2 } });
      t.same(answer?.load.cleanup, { status: 'pending', detail: null });
      t.ok(
        await readValue(pool, 'SELECT cleanup_due_at <= now() FROM copydock.plans WHERE load_id = $1', [id]),
      );
      t.equal(await readValue(pool, 'SELECT lease_token FROM copydock.loads WHERE id = $1', [id]), null);
    },
  );
}

t.test('a load under a live lease is left to its worker, and asking twice changes nothing', async (t) => {
  const id = await acceptIn('staging', LEASED);
  t.match(await store.cancel(id), { outcome: 'requested', wake: null, load: { status: 'staging' } });
  const version = (await store.get(id))?.version;
  t.match(await store.cancel(id), { outcome: 'requested', load: { cancel_requested: true, version } });
  t.equal((await messages(id)).filter((message) => message === 'Cancel requested').length, 1);
});

t.test('a load in its commit is past the point of no return', async (t) => {
  const id = await acceptIn('committing');
  t.match(await store.cancel(id), {
    outcome: 'too_late',
    load: { status: 'committing', cancel_requested: false },
  });
});

for (const status of ['succeeded', 'failed', 'cancelled'] as const) {
  t.test(`a ${status} load stays as it is`, async (t) => {
    const id = await acceptIn(status, 'finished_at = now()');
    const before = await store.get(id);
    t.match(await store.cancel(id), { outcome: 'finished', wake: null });
    t.same(await store.get(id), before);
  });
}

t.test('an unknown load is null', async (t) => {
  t.equal(await store.cancel('nobody-knows-it'), null);
});

t.test('of a cancel and the step into the commit, one wins', async (t) => {
  const id = await acceptIn('copying');
  const worker = await pool.connect();
  t.teardown(() => worker.release());
  await worker.query('BEGIN');
  await worker.query("UPDATE copydock.loads SET status = 'committing' WHERE id = $1", [id]);
  const cancelling = store.cancel(id);
  await worker.query('COMMIT');
  t.match(await cancelling, { outcome: 'too_late', load: { status: 'committing' } });
});
