import t from 'tap';
import { possible, type Stack, startStack } from './stack.js';

const CLEAN = { objects: [], tables: [], transactions: [] };

async function startDelta(t: Parameters<typeof startStack>[0]): Promise<Stack> {
  return startStack(t, {
    backend: 'redis',
    worker: { partSizeBytes: 32, bufferBytes: 512 },
    tables: new Map([['public.shared', { scopeColumn: 'owner', lockTarget: false }]]),
  });
}

function delta(stack: Stack, data_set: string, key: string, more: object = {}) {
  return { load_type: 'delta', data_set, path: `s3://${stack.source}/${key}`, ...more };
}

t.test('an upsert writes what is new or changed, and tells it from what is not', async (t) => {
  const stack = await startDelta(t);
  await stack.sql(
    `CREATE TABLE doc (id int PRIMARY KEY, body json, note text, n numeric, kept text DEFAULT 'default')`,
  );
  await stack.sql(`INSERT INTO doc VALUES (1, '{"a": 1}', 'same', 1.0, 'k1'), (2, '{"a": 1}', 'json', 1, 'k2'),
    (3, NULL, NULL, NULL, 'k3'), (4, NULL, 'gone', 1, 'k4'), (5, NULL, NULL, NULL, NULL), (6, NULL, 'not in the file', 1, 'k6')`);
  await stack.put(
    'd.csv',
    'id,body,note,n\n1,"{""a"": 1}",same,1.0\n2,"{""a"": 2}",json,1\n3,,now,\n4,,,1\n5,,,\n7,[],new,7\n',
  );
  const before = await stack.sql('SELECT id, xmin::text FROM doc WHERE id IN (1, 5, 6) ORDER BY id');
  const load = await stack.load(delta(stack, 'doc', 'd.csv'));
  t.match(load, { status: 'succeeded', commit_plan: { strategy: 'upsert' } }, JSON.stringify(load.error));
  t.match(load.receipt, { read: 6, loaded: 6, inserted: 1, updated: 3, unchanged: 2, deleted: 0 });
  t.strictSame(await stack.sql('SELECT id, body::text, note, n::text, kept FROM doc ORDER BY id'), [
    { id: 1, body: '{"a": 1}', note: 'same', n: '1.0', kept: 'k1' },
    { id: 2, body: '{"a": 2}', note: 'json', n: '1', kept: 'k2' },
    { id: 3, body: null, note: 'now', n: null, kept: 'k3' },
    { id: 4, body: null, note: null, n: '1', kept: 'k4' },
    { id: 5, body: null, note: null, n: null, kept: null },
    { id: 6, body: null, note: 'not in the file', n: '1', kept: 'k6' },
    { id: 7, body: '[]', note: 'new', n: '7', kept: 'default' },
  ]);
  const after = await stack.sql('SELECT id, xmin::text FROM doc WHERE id IN (1, 5, 6) ORDER BY id');
  t.strictSame(after, before, 'unchanged rows are not written');
  const again = await stack.load(delta(stack, 'doc', 'd.csv'));
  t.match(again.receipt, { loaded: 6, inserted: 0, updated: 0, unchanged: 6 });
  const empty = await stack.put('e.csv', 'id,body\n').then(() => stack.load(delta(stack, 'doc', 'e.csv')));
  t.match(empty, { status: 'succeeded', receipt: { read: 0, loaded: 0 } }, 'a delta may be empty');
  t.strictSame(await stack.litter(), CLEAN);
});

t.test('a composite key in another order, and nothing but the key', async (t) => {
  const stack = await startDelta(t);
  await stack.sql('CREATE TABLE pair (note text, b text, a int, PRIMARY KEY (a, b))');
  await stack.sql(`INSERT INTO pair VALUES ('old', 'x', 1), ('old', 'y', 1)`);
  await stack.put('p.csv', 'b,a,note\ny,1,new\nx,2,new\n');
  const load = await stack.load(delta(stack, 'pair', 'p.csv'));
  t.match(load.receipt, { inserted: 1, updated: 1, unchanged: 0 }, JSON.stringify(load.error));
  await stack.put('k.csv', 'a,b\n1,x\n3,z\n');
  const keys = await stack.load(delta(stack, 'pair', 'k.csv'));
  t.match(keys.receipt, { inserted: 1, updated: 0, unchanged: 1 });
  t.strictSame(await stack.sql('SELECT a, b, note FROM pair ORDER BY a, b'), [
    { a: 1, b: 'x', note: 'old' },
    { a: 1, b: 'y', note: 'new' },
    { a: 2, b: 'x', note: 'new' },
    { a: 3, b: 'z', note: null },
  ]);
});

t.test('a plain append adds rows, again and again, with or without a key', async (t) => {
  const stack = await startDelta(t);
  await stack.sql('CREATE TABLE event (id bigserial, name text)');
  await stack.put('e.csv', 'name,extra\na,1\nb,2\n');
  await stack.put('plain.csv', 'name\nc\n');
  const staged = await stack.load(delta(stack, 'event', 'e.csv', { disposition: 'append' }));
  t.match(staged, { status: 'succeeded', commit_plan: { strategy: 'append' }, receipt: { inserted: 2 } });
  const direct = await stack.load(delta(stack, 'event', 'plain.csv', { disposition: 'append' }));
  t.match(direct, {
    status: 'succeeded',
    commit_plan: { strategy: possible(['direct', 'append'])[0] },
    receipt: { inserted: 1, deleted: 0 },
  });
  const names = await stack.sql('SELECT name FROM event ORDER BY id');
  t.strictSame(names, [{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
});

t.test('two rows of one key fail the load by both lines, or the last one is taken', async (t) => {
  const stack = await startDelta(t);
  await stack.sql('CREATE TABLE pair (a int, b text, note text, PRIMARY KEY (a, b))');
  await stack.put('d/1.csv', 'a,b,note\n1,x,"fir\nst"\n1,y,only\n1,x,second\n');
  await stack.put('d/2.csv', 'note,b,a\nthird,x,1\n');
  const object = (name: string) => `s3://${stack.source}/d/${name}`;
  const cases: [more: object, expectation: object][] = [
    [{ load_type: 'delta' }, { inserted: 2 }],
    [{ load_type: 'full', commit_strategy: 'delete_insert' }, { inserted: 2 }],
  ];
  for (const [more, counts] of cases) {
    for (const existing of [[], [['first']], [['second']]]) {
      await stack.sql('TRUNCATE pair');
      for (const [note] of existing) await stack.sql(`INSERT INTO pair VALUES (1, 'x', $1)`, [note]);
      const failed = await stack.load(delta(stack, 'pair', 'd/', more));
      t.match(failed, { status: 'failed', error: { code: 'duplicate_key', hint: /duplicates to last/ } });
      t.match(failed.error, {
        detail: `Two rows of the source have a, b = 1, x: ${object('1.csv')} line 2 and ${object('1.csv')} line 5.`,
        object: object('1.csv'),
        line: 5,
      });
    }
    await stack.sql('TRUNCATE pair');
    const last = await stack.load(delta(stack, 'pair', 'd/', { ...more, duplicates: 'last' }));
    t.match(last.receipt, { read: 4, loaded: 2, deduplicated: 2, ...counts }, JSON.stringify(last.error));
    t.strictSame(await stack.sql('SELECT b, note FROM pair ORDER BY b'), [
      { b: 'x', note: 'third' },
      { b: 'y', note: 'only' },
    ]);
  }
  t.strictSame(await stack.litter(), CLEAN);
});

t.test("no load takes another data set's row", async (t) => {
  const stack = await startDelta(t);
  await stack.sql('CREATE TABLE shared (id int PRIMARY KEY, owner text, note text)');
  await stack.sql(`INSERT INTO shared VALUES (1, 'mine', 'old'), (2, 'yours', 'old'), (3, NULL, 'old')`);
  await stack.put('yours.csv', 'id,owner,note\n1,mine,new\n2,mine,new\n');
  await stack.put('nobodys.csv', 'id,owner,note\n1,mine,new\n3,mine,new\n');
  const before = await stack.sql('SELECT * FROM shared ORDER BY id');
  for (const more of [
    { load_type: 'delta' },
    ...possible(['direct', 'delete_insert']).map((commit_strategy) => ({
      load_type: 'full',
      commit_strategy,
    })),
  ]) {
    const request = (key: string) => delta(stack, 'mine', key, { ...more, table: 'shared' });
    const yours = await stack.load(request('yours.csv'));
    const expected = { code: 'key_owned_elsewhere', column: 'id', value: '2' };
    t.match(
      yours.error,
      { ...expected, detail: 'The row with id = 2 belongs to owner "yours".' },
      JSON.stringify(more),
    );
    const nobodys = await stack.load(request('nobodys.csv'));
    t.match(nobodys.error, {
      code: 'key_owned_elsewhere',
      detail: 'The row with id = 3 belongs to owner NULL.',
    });
    t.strictSame(await stack.sql('SELECT * FROM shared ORDER BY id'), before);
  }
  t.strictSame(await stack.litter(), CLEAN);
});

t.test('duplicates: last is told to have no effect on a table without a key', async (t) => {
  const stack = await startDelta(t);
  await stack.sql('CREATE TABLE keyless (id int)');
  await stack.put('d.csv', 'id\n1\n1\n');
  const load = await stack.load(
    delta(stack, 'keyless', 'd.csv', { disposition: 'append', duplicates: 'last' }),
  );
  t.match(load, { status: 'succeeded', receipt: { read: 2, loaded: 2, deduplicated: 0 } });
  t.strictSame(load.warnings, ['duplicates: last has no effect, since public.keyless has no primary key']);
});
