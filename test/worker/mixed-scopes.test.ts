import t from 'tap';
import { createLogger } from '../../src/logger.js';
import { startApi } from '../../src/start/api.js';
import { holdLock } from './hold-lock.js';
import { type Body, type Stack, startStack } from './stack.js';

type Tap = Parameters<typeof startStack>[0];

/**
 * The table `shared`, whose loads have the scope of one data set where `stack.post` accepts them, and of the whole table
 * where `postWhole` does: an API process that was not told of the scope column yet.
 */
async function startMixed(t: Tap) {
  const stack = await startStack(t, {
    backend: 'redis',

    tables: new Map([['public.shared', { scopeColumn: 'owner', lockTarget: false }]]),
  });
  await stack.sql('CREATE TABLE shared (id int PRIMARY KEY, owner text, note text)');
  for (const note of ['one', 'two', 'three', 'four']) {
    await stack.put(`${note}.csv`, `id,owner,note\n1,a,${note}\n2,b,${note}\n`);
  }
  const unaware = await startApi({ ...stack.config, tables: new Map() }, createLogger('silent'));
  t.teardown(() => unaware.stop());
  const postWhole = async (request: Body): Promise<Body> => {
    const body = JSON.stringify({ env: 'development', s3_bucket: stack.staging, ...request });
    const answer = await fetch(`${unaware.url}/v1/loads`, { method: 'POST', body });
    return (await answer.json()) as Body;
  };
  return { stack, postWhole };
}

function full(stack: Stack, dataSet: string, note: string): Body {
  return {
    load_type: 'full',
    data_set: dataSet,
    table: 'shared',
    path: `s3://${stack.source}/${note}.csv`,
    commit_strategy: 'delete_insert',
  };
}

t.test('loads of a whole table and of one data set of it are committed one after another', async (t) => {
  const { stack, postWhole } = await startMixed(t);
  const lock = await holdLock(t, stack, 'shared', 'SHARE');
  const first = await postWhole(full(stack, 'a', 'one'));
  await stack.waitUntil(first.id, ({ waiting_for }) => waiting_for?.reason === 'target');
  const second = await stack.post(full(stack, 'a', 'two'));
  const third = await postWhole(full(stack, 'a', 'three'));
  const fourth = await stack.post(full(stack, 'b', 'four'));
  for (const { id } of [second, third, fourth]) {
    const waiting = await stack.waitUntil(id, ({ waiting_for }) => waiting_for?.reason === 'earlier_load');
    t.match(waiting.waiting_for.detail, first.id);
  }
  t.strictSame(await stack.sql('SELECT scope_key FROM copydock.loads ORDER BY load_order'), [
    { scope_key: '*' },
    { scope_key: 'a' },
    { scope_key: '*' },
    { scope_key: 'b' },
  ]);
  await lock.release();
  const loads = [first, second, third, fourth];
  for (const { id } of loads) t.equal((await stack.waitUntilDone(id)).status, 'succeeded');
  const committed = await stack.sql('SELECT load_id FROM copydock.committed_loads ORDER BY committed_at');
  t.strictSame(
    committed.map(({ load_id }) => load_id),
    loads.map(({ id }) => id),
  );
  t.strictSame(await stack.sql('SELECT * FROM shared ORDER BY id'), [
    { id: 1, owner: 'a', note: 'three' },
    { id: 2, owner: 'b', note: 'four' },
  ]);
});

t.test('a load of the whole table is refused once two data sets have committed', async (t) => {
  const { stack, postWhole } = await startMixed(t);
  for (const name of ['a', 'b']) t.equal((await stack.load(full(stack, name, 'one'))).status, 'succeeded');
  const { id } = await postWhole(full(stack, 'a', 'two'));
  t.match(await stack.waitUntilDone(id), { status: 'failed', error: { code: 'scope_conflict' } });
  t.strictSame(await stack.sql('SELECT note FROM shared'), [{ note: 'one' }, { note: 'one' }]);
});

t.test('of both kinds, one that a newer one has overtaken changes nothing', async (t) => {
  const { stack, postWhole } = await startMixed(t);
  await stack.put('late.csv', 'id,owner,note\nx,a,bad\n');
  const whole = await postWhole(full(stack, 'a', 'late'));
  const scoped = await stack.post(full(stack, 'a', 'late'));
  for (const { id } of [whole, scoped]) t.equal((await stack.waitUntilDone(id)).status, 'failed');
  await stack.put('late.csv', 'id,owner,note\n9,a,late\n');
  t.equal((await stack.load(full(stack, 'a', 'one'))).status, 'succeeded');
  await stack.tell(whole.id, 'retry');
  t.match((await stack.waitUntilDone(whole.id)).error, { code: 'superseded' }, 'whole after scoped');
  const newest = await postWhole(full(stack, 'a', 'two'));
  t.equal((await stack.waitUntilDone(newest.id)).status, 'succeeded');
  await stack.tell(scoped.id, 'retry');
  t.match((await stack.waitUntilDone(scoped.id)).error, { code: 'superseded' }, 'scoped after whole');
  t.strictSame(await stack.sql('SELECT id, note FROM shared'), [{ id: 1, note: 'two' }]);
});
