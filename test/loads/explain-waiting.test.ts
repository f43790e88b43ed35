import t from 'tap';
import { WaitingExplainer } from '../../src/loads/explain-waiting.js';
import type { Load } from '../../src/loads/load.js';
import {
  acceptedLoad,
  changeLoad,
  createControlDatabase,
  LEASED,
} from '../postgres/control-database/control-database.js';

const { pool, store } = await createControlDatabase(t);

async function accept(dataSet: string, scopeTable: string): Promise<string> {
  const accepted = acceptedLoad({ scopeTable });
  await store.accept({ ...accepted, request: { ...accepted.request, data_set: dataSet } });
  return accepted.id;
}

/** As a process would that has not asked lately. */
async function explain(ids: string[], maxActiveLoads = 2) {
  const explainer = new WaitingExplainer(store, new Map([['development', { maxActiveLoads }]]));
  const loads = await store.list({ ids, limit: 100 });
  const explained = await explainer.explain(loads);
  return ids.map((id) => explained.find((load): load is Load => load.id === id)?.waiting_for);
}

t.beforeEach(async () => {
  await pool.query('TRUNCATE copydock.loads, copydock.workers CASCADE');
});

const addWorker = () =>
  pool.query("INSERT INTO copydock.workers (id, environments) VALUES ('w', '{development}')");

t.test('an unfinished load that no live worker could take says so', async (t) => {
  const id = await accept('tree', 'public.tree');
  t.same(await explain([id]), [{ reason: 'worker', detail: 'No live worker serves development.' }]);
  await addWorker();
  t.same(await explain([id]), [null]);
  await pool.query('DELETE FROM copydock.workers');
  await store.cancel(id);
  t.same(await explain([id]), [null], 'a finished load waits for nothing');
});

t.test('a queued load says that as many as allowed are worked on', async (t) => {
  await addWorker();
  const ids: string[] = [];
  for (const name of ['a', 'b', 'c']) ids.push(await accept(name, `public.${name}`));
  for (const id of ids.slice(0, 2)) await changeLoad(pool, id, `status = 'staging', ${LEASED}`);
  const detail = 'As many loads of development are worked on as it allows: 2 (max_active_loads).';
  t.same(await explain(ids), [null, null, { reason: 'limit', detail }]);
  t.same(await explain(ids, 3), [null, null, null], 'there is room for it');
});

t.test('a queued load says that too many earlier loads of its rows are unfinished', async (t) => {
  await addWorker();
  const ids: string[] = [];
  for (let count = 0; count < 6; count += 1) ids.push(await accept('tree', 'public.tree'));
  const held = { reason: 'earlier_load', detail: 'Several earlier loads of the same rows are unfinished.' };
  t.same(await explain(ids), [null, null, null, null, held, held]);
});

t.test('many readers cost one question of each kind a second', async (t) => {
  await addWorker();
  const id = await accept('tree', 'public.tree');
  const asked: string[] = [];
  const counting = {
    environmentUse: () => {
      asked.push('environmentUse');
      return store.environmentUse();
    },
    hasNoTurn: (load: string) => {
      asked.push(`hasNoTurn ${load}`);
      return store.hasNoTurn(load);
    },
    pauses: () => {
      asked.push('pauses');
      return store.pauses();
    },
  };
  const explainer = new WaitingExplainer(counting, new Map());
  const loads = await store.list({ ids: [id], limit: 1 });
  await Promise.all(Array.from({ length: 50 }, () => explainer.explain(loads)));
  t.strictSame(asked, ['environmentUse', 'pauses', `hasNoTurn ${id}`]);
});
