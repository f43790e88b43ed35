import pg from 'pg';
import t, { type Test } from 'tap';
import { possible, type Stack, startStack } from '../stack.js';

const CLEAN = { objects: [], tables: [], transactions: [] };

async function startDiff(t: Test): Promise<Stack> {
  return startStack(t, {
    backend: 'redis',
    worker: { partSizeBytes: 64, bufferBytes: 1024 },
    tables: new Map([
      ['public.shared', { scopeColumn: 'owner', lockTarget: false }],
      ['public.locked', { scopeColumn: null, lockTarget: true }],
    ]),
  });
}

async function loadDiff(stack: Stack, table: string, csv: string, more: object = {}) {
  await stack.put(`${table}.csv`, csv);
  const path = `s3://${stack.source}/${table}.csv`;
  return stack.load({ load_type: 'full', data_set: 'mine', table, path, commit_strategy: 'diff', ...more });
}

t.test('rows that do not differ are not written', async (t) => {
  const stack = await startDiff(t);
  await stack.sql(`CREATE TABLE doc (id int PRIMARY KEY, body json, n numeric);
    INSERT INTO doc SELECT i, '{"a": 1}', 1.0 FROM generate_series(1, 200) i`);
  const rows = (changed: number) =>
    Array.from({ length: 200 }, (_, at) => `${at + 1},"{""a"": 1}",${at < changed ? '1.00' : '1.0'}\n`).join(
      '',
    );
  const versions = () => stack.sql('SELECT id, xmin::text, ctid::text FROM doc WHERE id > 3 ORDER BY id');
  const before = await versions();
  const load = await loadDiff(stack, 'doc', `id,body,n\n${rows(3)}`);
  t.match(load.receipt, { inserted: 0, updated: 3, unchanged: 197, deleted: 0 }, JSON.stringify(load.error));
  t.strictSame(await versions(), before);
  t.strictSame(await stack.sql('SELECT n::text FROM doc WHERE id < 4'), Array(3).fill({ n: '1.00' }));
  const again = await loadDiff(stack, 'doc', `id,body,n\n${rows(3)}`);
  t.match(again.receipt, { inserted: 0, updated: 0, unchanged: 200, deleted: 0 });
  t.strictSame(await stack.litter(), CLEAN);
});

t.test('two rows of one key fail the load, whatever the target holds', async (t) => {
  const stack = await startDiff(t);
  await stack.sql('CREATE TABLE doc (id int PRIMARY KEY, note text)');
  for (const existing of [null, 'a', 'b', 'c']) {
    await stack.sql('TRUNCATE doc');
    if (existing !== null) await stack.sql('INSERT INTO doc VALUES (1, $1)', [existing]);
    const failed = await loadDiff(stack, 'doc', 'id,note\n1,a\n2,x\n1,b\n', { allow_shrink: true });
    t.match(
      failed.error,
      { code: 'duplicate_key', detail: /id = 1: .* line 2 and .* line 4/ },
      String(existing),
    );
  }
});

t.test('rows that others refer to stay; one that goes needs leave', async (t) => {
  const stack = await startDiff(t);
  for (const action of ['CASCADE', 'SET NULL', 'SET DEFAULT', 'RESTRICT', 'NO ACTION']) {
    await stack.sql(`DROP TABLE IF EXISTS child, parent;
      CREATE TABLE parent (id int PRIMARY KEY, code text UNIQUE);
      CREATE TABLE child (id int PRIMARY KEY, parent text DEFAULT 'c' REFERENCES parent (code) ON DELETE ${action});
      INSERT INTO parent VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'); INSERT INTO child VALUES (1, 'a'), (2, 'b'), (3, 'c')`);
    const children = () => stack.sql('SELECT id, parent FROM child ORDER BY id');
    const before = await children();
    const safe = await loadDiff(stack, 'parent', 'id,code\n1,a\n2,b\n3,c\n5,e\n', { commit_strategy: null });
    t.match(
      safe,
      { status: 'succeeded', commit_plan: { strategy: 'diff', reason: /rows that stay are kept/ } },
      action,
    );
    t.strictSame(await children(), before, `${action}: nobody was touched`);
    const refused = await loadDiff(stack, 'parent', 'id,code\n1,a\n3,c\n5,e\n', { commit_strategy: null });
    t.match(
      refused.error,
      { code: 'replace_would_cascade', detail: /child/ },
      `${action}: ${JSON.stringify(refused.error)}`,
    );
    t.strictSame(await children(), before, action);
    const allowed = await loadDiff(stack, 'parent', 'id,code\n1,a\n3,c\n5,e\n', { allow_cascade: true });
    const after = {
      CASCADE: [before[0], before[2]],
      'SET NULL': [before[0], { id: 2, parent: null }, before[2]],
      'SET DEFAULT': [before[0], { id: 2, parent: 'c' }, before[2]],
    }[action];
    if (after === undefined) t.match(allowed.error, { code: 'replace_would_cascade' }, action);
    else t.match(allowed, { status: 'succeeded', receipt: { deleted: 1 } }, JSON.stringify(allowed.error));
    t.strictSame(await children(), after ?? before, action);
  }
  t.strictSame(await stack.litter(), CLEAN);
});

t.test('a referenced value may move to another row', async (t) => {
  const stack = await startDiff(t);
  await stack.sql(`CREATE TABLE parent (id int PRIMARY KEY, code text UNIQUE);
    CREATE TABLE child (parent text REFERENCES parent (code)); INSERT INTO parent VALUES (1, 'a'), (2, 'b'); INSERT INTO child VALUES ('b')`);
  const load = await loadDiff(stack, 'parent', 'id,code\n1,a\n3,b\n');
  t.match(load.receipt, { inserted: 1, deleted: 1, unchanged: 1 }, JSON.stringify(load.error));
});

t.test('a table that refers to itself is checked once all is done, and keeps other scopes', async (t) => {
  const stack = await startDiff(t);
  await stack.sql(`CREATE TABLE shared (id int PRIMARY KEY, owner text, boss int REFERENCES shared ON DELETE CASCADE);
    INSERT INTO shared VALUES (1, 'mine', NULL), (2, 'mine', 1), (3, 'mine', 2), (4, 'yours', 3)`);
  const ids = async () => (await stack.sql('SELECT id FROM shared ORDER BY id')).map(({ id }) => id);
  const more = { allow_cascade: true, allow_shrink: true };
  const foreign = await loadDiff(stack, 'shared', 'id,owner,boss\n1,mine,\n2,mine,1\n', more);
  t.match(foreign.error, { code: 'replace_would_cascade' });
  t.strictSame(await ids(), [1, 2, 3, 4]);
  await stack.sql('UPDATE shared SET boss = 1 WHERE id = 4');
  const chain = await loadDiff(stack, 'shared', 'id,owner,boss\n1,mine,\n', more);
  t.match(chain, { status: 'succeeded', receipt: { deleted: 2, unchanged: 1 } }, JSON.stringify(chain.error));
  t.strictSame(await ids(), [1, 4]);

  await stack.sql(`CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree);
    INSERT INTO tree VALUES (1, NULL), (2, 1), (3, 2)`);
  const moved = await loadDiff(stack, 'tree', 'id,parent\n1,\n3,4\n4,1\n');
  t.match(moved.receipt, { inserted: 1, updated: 1, unchanged: 1, deleted: 1 }, JSON.stringify(moved.error));
});

t.test('exchanged unique values do not take the rows that refer to them along', async (t) => {
  const stack = await startDiff(t);
  for (const action of ['CASCADE', 'NO ACTION']) {
    await stack.sql(`DROP TABLE IF EXISTS child, parent; CREATE TABLE parent (id int PRIMARY KEY, slot int UNIQUE);
      CREATE TABLE child (parent int REFERENCES parent ON DELETE ${action});
      INSERT INTO parent VALUES (1, 1), (2, 2), (3, 3); INSERT INTO child VALUES (1), (2)`);
    const load = await loadDiff(stack, 'parent', 'id,slot\n1,2\n2,1\n3,3\n');
    if (action === 'CASCADE')
      t.match(load.error, { code: 'replace_would_cascade' }, JSON.stringify(load.error));
    else
      t.match(
        load.receipt,
        { updated: 2, unchanged: 1, inserted: 0, deleted: 0 },
        JSON.stringify(load.error),
      );
    t.strictSame(await stack.sql('SELECT parent FROM child ORDER BY 1'), [{ parent: 1 }, { parent: 2 }]);
  }
});

t.test('a DELETE trigger sees only the rows that go', async (t) => {
  const stack = await startDiff(t);
  await stack.sql(`CREATE TABLE doc (id int PRIMARY KEY, note text); CREATE TABLE gone (id int);
    CREATE FUNCTION note_gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.gone VALUES (OLD.id); RETURN OLD; END $$;
    CREATE TRIGGER gone BEFORE DELETE ON doc FOR EACH ROW EXECUTE FUNCTION note_gone();
    INSERT INTO doc VALUES (1, 'a'), (2, 'b'), (3, 'c')`);
  const load = await loadDiff(stack, 'doc', 'id,note\n1,a\n2,new\n', { commit_strategy: null });
  t.match(
    load,
    { status: 'succeeded', commit_plan: { strategy: 'diff', reason: /trigger gone/ } },
    JSON.stringify(load.error),
  );
  t.strictSame(await stack.sql('SELECT id FROM gone'), [{ id: 3 }]);
});

t.test('where diff is not possible and nothing else is, the load fails before it begins', async (t) => {
  const stack = await startDiff(t);
  await stack.sql(`CREATE TABLE parent (id int UNIQUE, other int); CREATE TABLE child (id int REFERENCES parent (id) ON DELETE CASCADE);
    CREATE TABLE serial (id serial PRIMARY KEY, code text); INSERT INTO serial (code) VALUES ('a')`);
  const cascade = await loadDiff(stack, 'parent', 'id,other\n1,1\n', { commit_strategy: null });
  t.match(cascade.error, { code: 'replace_would_cascade', detail: /child refers.*no primary key/ });
  const keyless = await loadDiff(stack, 'serial', 'code\na\n');
  t.match(keyless.error, { code: 'strategy_not_possible', field: 'commit_strategy', detail: /lacks id/ });
  await stack.sql('ALTER TABLE serial DROP CONSTRAINT serial_pkey, ADD PRIMARY KEY (code)');
  const volatile = await loadDiff(stack, 'serial', 'code\na\n');
  t.match(volatile.error, {
    code: 'strategy_not_possible',
    detail: /id, which the source lacks, has another default/,
  });
});

t.test('a column whose default is the time of the load follows it', async (t) => {
  const stack = await startDiff(t);
  await stack.sql(
    `CREATE TABLE doc (id int PRIMARY KEY, loaded timestamptz DEFAULT now()); INSERT INTO doc VALUES (1, '2020-01-01')`,
  );
  const load = await loadDiff(stack, 'doc', 'id\n1\n');
  t.match(load.receipt, { updated: 1 }, JSON.stringify(load.error));
  t.strictSame(await stack.sql(`SELECT loaded > now() - interval '1 hour' AS fresh FROM doc`), [
    { fresh: true },
  ]);
});

t.test('lock_target keeps other writers out, and readers in', async (t) => {
  const stack = await startDiff(t);
  await stack.sql(
    `CREATE TABLE locked (id int PRIMARY KEY, note text); INSERT INTO locked VALUES (1, 'a'), (2, 'b')`,
  );
  for (const commit_strategy of possible(['diff', 'delete_insert', 'direct'])) {
    const writer = new pg.Client(stack.databaseUrl);
    await writer.connect();
    t.teardown(() => writer.end());
    await writer.query(`BEGIN; UPDATE locked SET note = 'w' WHERE id = 1`);
    await stack.put('l.csv', 'id,note\n2,b\n3,c\n');
    const path = `s3://${stack.source}/l.csv`;
    const { id } = await stack.post({
      load_type: 'full',
      data_set: 'mine',
      table: 'locked',
      path,
      commit_strategy,
    });
    await stack.waitUntilSql(`SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'locked'::regclass
      AND mode = 'ShareRowExclusiveLock' AND NOT granted) AS done`);
    t.equal((await stack.sql('SELECT FROM locked')).length >= 2, true, 'readers pass');
    await writer.query('COMMIT');
    t.match(await stack.waitUntilDone(id), { status: 'succeeded' }, commit_strategy);
  }
});
