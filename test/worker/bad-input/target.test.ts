import t from 'tap';
import { startStack } from '../stack.js';
import { expectFailure, fullLoad, makePlaces } from './expect-failure.js';

t.test('a missing target is named with a table that would do', async (t) => {
  const stack = await startStack(t, { backend: 'redis' });
  await makePlaces(stack);
  await stack.put(
    'new.csv',
    'id,name,start-date,share,geo json,active,note\n1,"a, b",2024-01-31,1.5,"{""a"": 1}",true,\n20,007,2024-02-01,2,[],false,\n',
  );
  const request = { ...fullLoad(stack, 'new.csv'), data_set: 'new-places' };
  const columns =
    '"id" bigint, "name" text, "start_date" date, "share" numeric, "geo json" jsonb, "active" boolean, "note" text';
  await expectFailure(t, stack, request, {
    code: 'target_table_missing',
    field: 'table',
    detail: `There is no table public.new_places. Proposed: CREATE TABLE "public"."new_places" (${columns})`,
    hint: 'Create it, or set create_table.',
  });
  await expectFailure(
    t,
    stack,
    { ...request, load_type: 'delta', disposition: 'append' },
    { code: 'target_table_missing' },
  );

  const load = await stack.load({ ...request, create_table: true });
  t.match(load, { status: 'succeeded', error: null, receipt: { loaded: 2, deleted: 0 } });
  t.strictSame(
    await stack.sql(
      'SELECT id, name, start_date::text AS day, share, active, note FROM new_places ORDER BY id',
    ),
    [
      { id: '1', name: 'a, b', day: '2024-01-31', share: '1.5', active: true, note: null },
      { id: '20', name: '007', day: '2024-02-01', share: '2', active: false, note: null },
    ],
  );
  const again = await stack.load({ ...request, create_table: true });
  t.match(
    again,
    { status: 'succeeded', receipt: { loaded: 2, deleted: 2 } },
    'a table that stands is no obstacle',
  );
});

t.test('a failed load leaves no created table', async (t) => {
  const stack = await startStack(t, { backend: 'redis' });
  await makePlaces(stack);
  await stack.put('new.csv', 'id\n1\n');
  const request = { ...fullLoad(stack, 'new.csv'), data_set: 'new', create_table: true, expected_rows: 5 };
  await expectFailure(t, stack, request, { code: 'row_count_mismatch', field: 'expected_rows' });
  t.strictSame(await stack.sql(`SELECT to_regclass('new')::text AS found`), [{ found: null }]);
});

t.test('targets that can not take the load', async (t) => {
  const stack = await startStack(t, { backend: 'redis' });
  await makePlaces(stack);
  await stack.put('a.csv', 'id,name\n3,three\n');
  await stack.sql('CREATE TABLE keyless (id int, name text)');
  await stack.sql('CREATE VIEW seen AS SELECT * FROM place');
  await stack.sql('CREATE TABLE parent (id bigint PRIMARY KEY, name text)');
  await stack.sql('CREATE TABLE child (parent bigint REFERENCES parent ON DELETE CASCADE)');
  await stack.sql('INSERT INTO parent VALUES (1, NULL); INSERT INTO child VALUES (1)');
  await stack.sql('CREATE TABLE home (id bigint PRIMARY KEY, name text)');
  await stack.sql('CREATE TABLE guest (home bigint REFERENCES home)');
  await stack.sql('INSERT INTO home VALUES (1, NULL)');
  await stack.sql('INSERT INTO guest VALUES (1)');
  const fails = (name: string, more: object, error: Record<string, unknown>) =>
    t.test(name, (t) =>
      expectFailure(t, stack, { ...fullLoad(stack, 'a.csv'), ...more }, error).then(() => {}),
    );

  await fails(
    'a delta without a key',
    { load_type: 'delta', table: 'keyless' },
    { code: 'key_missing', detail: /public\.keyless has no primary key/, hint: /append/ },
  );
  await stack.put('b.csv', 'name,opened\nthree,\n');
  await stack.sql('CREATE TABLE numbered (id bigserial PRIMARY KEY, name text)');
  await fails(
    'a delta whose source lacks the key',
    { load_type: 'delta', table: 'numbered', path: `s3://${stack.source}/b.csv` },
    { code: 'key_missing', column: 'id', hint: 'Add the column to the source.' },
  );
  await stack.put('c.csv', 'id,name\n3,three\n4,four\n5,five\n');
  await stack.sql(`CREATE TABLE picky (id bigint, name text);
    CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE TRIGGER leave_out BEFORE INSERT ON picky FOR EACH ROW WHEN (NEW.id = 4) EXECUTE FUNCTION leave_out()`);
  const picky = { table: 'picky', path: `s3://${stack.source}/c.csv` };
  await fails(
    'a trigger that leaves copied rows out',
    { ...picky, commit_strategy: 'direct' },
    { code: 'record_count_mismatch', detail: /PostgreSQL read 2 records of part 0, which holds 3/ },
  );
  await fails(
    'a trigger that leaves inserted rows out',
    { ...picky, commit_strategy: 'delete_insert' },
    { code: 'receipt_unbalanced', detail: /^read 3, loaded 2/ },
  );
  t.strictSame(await stack.sql('SELECT * FROM picky'), []);
  await fails('a view', { table: 'seen' }, { code: 'target_not_a_table', field: 'table' });
  await fails(
    'rows that others go with',
    { table: 'parent' },
    { code: 'replace_would_cascade', detail: /child.*CASCADE/ },
  );
  await fails(
    'rows that others refer to',
    { table: 'home' },
    { code: 'replace_would_cascade', detail: /guest/, hint: /keep them in the source/ },
  );
  t.strictSame(await stack.sql('SELECT count(*)::int AS n FROM home'), [{ n: 1 }]);
});
