import t from 'tap';
import { CopydockError } from '../../../src/loads/errors.js';
import type { AcceptedLoad } from '../../../src/loads/store.js';
import { PostgresLoadStore } from '../../../src/postgres/control-database/load-store.js';
import { createPool } from '../../../src/postgres/pool.js';
import { acceptedLoad, changeLoad, createControlDatabase, readValue } from './control-database.js';

const { pool, store, url } = await createControlDatabase(t);
const LIMITS = { maxActiveLoads: 2, maxQueuedLoads: 3 };
const DONE = "status = 'failed', finished_at = now()";

t.beforeEach(() => pool.query('DELETE FROM copydock.loads'));

function limited(changes: Partial<AcceptedLoad> = {}): AcceptedLoad {
  const accepted = acceptedLoad({ limits: LIMITS, ...changes });
  return { ...accepted, scopeTable: accepted.id };
}

/** The outcome, or the code of the refusal. */
async function outcomeOf(accepting: ReturnType<typeof store.accept>): Promise<string> {
  try {
    return (await accepting).outcome;
  } catch (error) {
    if (error instanceof CopydockError) return error.code;
    throw error;
  }
}

t.test('of many at once in two processes, as many are accepted as there is room for', async (t) => {
  const otherPool = createPool(url, { applicationName: 'test', max: 10 });
  t.teardown(() => otherPool.end());
  const stores = [store, new PostgresLoadStore(otherPool, 15_000)];
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, () => stores.map((each) => outcomeOf(each.accept(limited())))).flat(),
  );
  t.equal(outcomes.filter((outcome) => outcome === 'created').length, 5);
  t.equal(outcomes.filter((outcome) => outcome === 'too_many_loads').length, 35);
  t.equal(await readValue(pool, 'SELECT count(*)::int FROM copydock.loads'), 5);
});

t.test('the refusal says which limits, how many, which keys, and what to do', async (t) => {
  for (let count = 0; count < 5; count += 1) await store.accept(limited());
  await t.rejects(store.accept(limited()), {
    code: 'too_many_loads',
    message:
      'env: development has 5 unfinished loads and takes no more: 2 active (max_active_loads) and 3 queued (max_queued_loads).',
    report: {
      field: 'env',
      hint: /^Send the same request again.*environments\.development\.max_queued_loads/,
    },
  });
});

t.test('what is known already is answered in a full environment, too', async (t) => {
  const replayed = limited({ idempotencyKey: 'known' });
  const retried = limited();
  for (const accepted of [replayed, retried, limited(), limited(), limited()]) await store.accept(accepted);
  t.equal(await outcomeOf(store.accept({ ...replayed, id: 'other' })), 'replayed');
  await changeLoad(pool, retried.id, DONE);
  await store.accept(limited());
  t.equal(await outcomeOf(store.accept(limited())), 'too_many_loads');
  t.equal(await outcomeOf(store.accept(retried)), 'retried');
  await changeLoad(pool, retried.id, DONE);
  t.match(await store.retry(retried.id), { outcome: 'retried' });
  t.match(await store.cancel(retried.id), { outcome: 'cancelled' });
});

t.test('a load that has ended makes room, and other environments have room of their own', async (t) => {
  for (let count = 0; count < 5; count += 1) await store.accept(limited());
  const { request } = acceptedLoad();
  t.equal(await outcomeOf(store.accept(limited({ request: { ...request, env: 'production' } }))), 'created');
  t.equal(await outcomeOf(store.accept(limited())), 'too_many_loads');
  await pool.query(
    `UPDATE copydock.loads SET ${DONE} WHERE id = (SELECT min(id) FROM copydock.loads WHERE env = 'development')`,
  );
  t.equal(await outcomeOf(store.accept(limited())), 'created');
});
