import t from 'tap';
import { holdLock } from './hold-lock.js';
import { type Body, type Stack, startStack } from './stack.js';

async function startShared(t: Tap, scopeColumn: string | null, options = {}): Promise<Stack> {
  const stack = await startStack(t, {
    backend: 'redis',
    ...options,
    tables: new Map(scopeColumn === null ? [] : [['public.shared', { scopeColumn, lockTarget: false }]]),
  });
  await stack.sql('CREATE TABLE shared (id int PRIMARY KEY, owner text, note text)');
  await stack.put('ab.csv', 'id,owner,note\n1,a,new\n2,b,new\n3,a,new\n');
  return stack;
}
type Tap = Parameters<typeof startStack>[0];

function full(stack: Stack, data_set: string, more: object = {}) {
  return { load_type: 'full', data_set, table: 'shared', path: `s3://${stack.source}/ab.csv`, ...more };
}

function summary({ status, error, receipt }: Body) {
  return { status, code: error?.code ?? null, loaded: receipt?.loaded ?? null };
}

t.test('data sets of one scoped table are loaded side by side, each its own rows', async (t) => {
  const stack = await startShared(t, 'owner');
  await stack.sql(`INSERT INTO shared VALUES (7, 'a', 'old'), (8, 'b', 'old'), (9, 'c', 'old')`);
  const accepted = await Promise.all(
    ['a', 'b', 'a', 'b'].map((name) => stack.post(full(stack, name, { allow_shrink: true }))),
  );
  const loads = await Promise.all(accepted.map(({ id }) => stack.waitUntilDone(id)));
  t.strictSame(loads.map(summary), [
    { status: 'succeeded', code: null, loaded: 2 },
    { status: 'succeeded', code: null, loaded: 1 },
    { status: 'succeeded', code: null, loaded: 2 },
    { status: 'succeeded', code: null, loaded: 1 },
  ]);
  t.strictSame(await stack.sql('SELECT id, note FROM shared ORDER BY id'), [
    { id: 1, note: 'new' },
    { id: 2, note: 'new' },
    { id: 3, note: 'new' },
    { id: 9, note: 'old' },
  ]);
});

t.test('on a table without a scope column a second data set would delete the first', async (t) => {
  const stack = await startShared(t, null);
  t.equal((await stack.load(full(stack, 'a'))).status, 'succeeded');
  const before = await stack.sql('SELECT * FROM shared ORDER BY id');
  for (const commit_strategy of ['direct', 'delete_insert']) {
    const load = await stack.load(full(stack, 'b', { commit_strategy }));
    t.match(load.error, {
      code: 'scope_conflict',
      detail: 'Data set a has loaded into public.shared; a full load of b would delete its rows.',
      hint: /tables\.public\.shared\.scope_column/,
    });
  }
  t.strictSame(await stack.sql('SELECT * FROM shared ORDER BY id'), before);
  t.equal((await stack.load(full(stack, 'a'))).status, 'succeeded', 'the first goes on');
});

t.test('a later load of a scope waits for an earlier one, and is committed after it', async (t) => {
  const stack = await startShared(t, 'owner');
  const lock = await holdLock(t, stack, 'shared');
  const first = await stack.post(full(stack, 'a', { commit_strategy: 'delete_insert' }));
  await stack.waitUntil(first.id, ({ waiting_for }) => waiting_for?.reason === 'target');
  const second = await stack.post(full(stack, 'a', { commit_strategy: 'delete_insert' }));
  const third = await stack.post(full(stack, 'a', { load_type: 'delta' }));
  for (const { id } of [second, third]) {
    const waiting = await stack.waitUntil(id, ({ waiting_for }) => waiting_for?.reason === 'earlier_load');
    t.match(waiting.waiting_for.detail, first.id);
  }
  await lock.release();
  const loads = await Promise.all([first, second, third].map(({ id }) => stack.waitUntilDone(id)));
  t.strictSame(
    loads.map(({ status, waiting_for }) => [status, waiting_for]),
    Array(3).fill(['succeeded', null]),
  );
  const committed = await stack.sql('SELECT load_id FROM copydock.committed_loads ORDER BY committed_at');
  t.strictSame(
    committed.map((row) => row.load_id),
    [first.id, second.id, third.id],
  );
});

t.test('a load that a newer one has overtaken changes nothing; an append still may', async (t) => {
  const stack = await startShared(t, 'owner');
  await stack.put('bad.csv', 'id,owner,note\nx,a,bad\n');
  const bad = { path: `s3://${stack.source}/bad.csv` };
  const old = [
    await stack.load(full(stack, 'a', bad)),
    await stack.load(full(stack, 'a', { ...bad, load_type: 'delta' })),
    await stack.load(full(stack, 'a', { ...bad, load_type: 'delta', disposition: 'append' })),
  ];
  const other = await stack.load(full(stack, 'b', bad));
  t.same(
    [...old, other].map(({ status }) => status),
    Array(4).fill('failed'),
  );
  const newer = await stack.load(full(stack, 'a'));
  await stack.put('bad.csv', 'id,owner,note\n5,a,late\n6,b,late\n');
  const retried: Body[] = [];
  for (const { id } of [...old, other]) {
    await stack.tell(id, 'retry');
    retried.push(await stack.waitUntilDone(id));
  }
  t.strictSame(retried.map(summary), [
    { status: 'failed', code: 'superseded', loaded: null },
    { status: 'failed', code: 'superseded', loaded: null },
    { status: 'succeeded', code: null, loaded: 1 },
    { status: 'succeeded', code: null, loaded: 1 },
  ]);
  t.match(retried[0]?.error.detail, newer.id, 'the newer load is named');
  t.strictSame(await stack.sql('SELECT id, note FROM shared ORDER BY id'), [
    { id: 1, note: 'new' },
    { id: 3, note: 'new' },
    { id: 5, note: 'late' },
    { id: 6, note: 'late' },
  ]);
  t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
});

t.test('a worker that does not know of the scope deletes nothing', async (t) => {
  const stack = await startShared(t, 'owner', { hasWorker: false });
  await stack.sql(`INSERT INTO shared VALUES (1, 'a', 'old'), (2, 'b', 'old')`);
  await stack.startWorker(t, { tables: new Map() });
  const load = await stack.load(full(stack, 'a'));
  t.match(load.error, {
    code: 'scope_conflict',
    detail: /this worker knows no scope_column of public\.shared/,
  });
  t.strictSame(await stack.sql('SELECT count(*)::int AS n FROM shared'), [{ n: 2 }]);
});
