import t from 'tap';
import type { LoadFilter } from '../../../src/loads/store.js';
import { acceptedLoad, changeLoad, createControlDatabase } from './control-database.js';

const { pool, store } = await createControlDatabase(t);

async function accept(id: string, env: string, dataSet: string, table: string): Promise<void> {
  const request = { load_type: 'full' as const, data_set: dataSet, path: 's3://data/x/', env };
  await store.accept(acceptedLoad({ id, request, targetTable: table, scopeTable: table }));
}

await accept('a', 'development', 'tree', 'public.tree');
await accept('b', 'production', 'tree', 'public.tree');
await accept('c', 'production', 'area', 'geo.area');
await accept('d', 'staging', 'area', 'public.tree');
await changeLoad(pool, 'b', "status = 'failed', finished_at = now()");
await changeLoad(pool, 'a', "accepted_at = now() - interval '2 days'");

const anHourAgo = new Date(Date.now() - 3_600_000).toISOString();
const cases: [title: string, filter: Omit<LoadFilter, 'limit'>, ids: string[]][] = [
  ['everything, newest first', {}, ['d', 'c', 'b', 'a']],
  ['env', { env: 'production' }, ['c', 'b']],
  ['envs of the caller', { envs: ['development', 'staging'] }, ['d', 'a']],
  ['env beyond those of the caller', { env: 'production', envs: ['staging'] }, []],
  ['no env at all', { envs: [] }, []],
  ['data set', { data_set: 'area' }, ['d', 'c']],
  ['status', { status: 'failed' }, ['b']],
  ['table with its schema', { table: 'public.tree' }, ['d', 'b', 'a']],
  ['table in any schema', { table: 'area' }, ['c']],
  ['from', { from: anHourAgo }, ['d', 'c', 'b']],
  ['to', { to: anHourAgo }, ['a']],
  ['several together', { env: 'production', data_set: 'tree', status: 'failed' }, ['b']],
];

for (const [title, filter, ids] of cases) {
  t.test(`lists by ${title}`, async (t) => {
    t.same(
      (await store.list({ ...filter, limit: 10 })).map(({ id }) => id),
      ids,
    );
  });
}

t.test('pages by the order of the last load seen', async (t) => {
  const first = await store.list({ limit: 3 });
  t.same(
    first.map(({ id }) => id),
    ['d', 'c', 'b'],
  );
  const rest = await store.list({ limit: 3, before: first.at(-1)?.load_order });
  t.same(
    rest.map(({ id }) => id),
    ['a'],
  );
});
