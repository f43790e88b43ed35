import type { Test } from 'tap';
import type { Body, Stack } from '../worker/stack.js';

/** Loads that differ in how rows are checked and applied; each makes its own tables. */
export const APPLY_CELLS: Record<string, (t: Test, stack: Stack) => Promise<void>> = {
  'types, direct': (t, stack) => loadTypes(t, stack, 'direct'),
  'types, delete_insert': (t, stack) => loadTypes(t, stack, 'delete_insert'),
  'skip, with rejects': loadSkipping,
  'full, diff': (t, stack) => loadTwice(t, stack, { commit_strategy: 'diff' }, { updated: 1, deleted: 1 }),
  'full, swap': (t, stack) => loadTwice(t, stack, { commit_strategy: 'swap' }, { inserted: 2, deleted: 2 }),
  'delta, upsert': (t, stack) => loadTwice(t, stack, { load_type: 'delta' }, { updated: 1, inserted: 0 }),
  partition: loadPartition,
};

async function succeed(t: Test, stack: Stack, request: Record<string, unknown>): Promise<Body> {
  const load = await stack.load({ load_type: 'full', allow_shrink: true, ...request });
  t.equal(load.status, 'succeeded', JSON.stringify(load.error));
  return load;
}

const TYPED = `id,mood,code,tags,matrix,at,lasting,key,doc,gone
1,happy,AB1,"{a,""b c""}","{{1,2},{3,4}}",2024-02-29T10:00:00+01:00,1 day 02:00,a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,"{""a"": 1}",
2,sad,CD2,{},,1999-12-31 23:59:59.999999Z,,,,x
`;

async function loadTypes(t: Test, stack: Stack, strategy: string): Promise<void> {
  await stack.sql('DROP TABLE IF EXISTS typed; DROP TYPE IF EXISTS mood; DROP DOMAIN IF EXISTS code');
  await stack.sql(`CREATE TYPE mood AS ENUM ('happy', 'sad')`);
  await stack.sql(`CREATE DOMAIN code AS text CHECK (value ~ '^[A-Z]{2}[0-9]$')`);
  await stack.sql(
    `CREATE TABLE typed (row_number int GENERATED ALWAYS AS IDENTITY, id int PRIMARY KEY, mood mood, code code, tags text[],
       matrix int[][], at timestamptz, lasting interval, key uuid, doc json, twice int GENERATED ALWAYS AS (id * 2) STORED,
       made text DEFAULT 'here')`,
  );
  // The column `gone`, which the table lacks, would keep the rows from going straight into it.
  const source = strategy === 'direct' ? TYPED.replaceAll(/,[^,\n]*$/gm, '') : TYPED;
  await stack.put('typed.csv', source);
  const path = `s3://${stack.source}/typed.csv`;
  const load = await succeed(t, stack, { data_set: 'typed', path, commit_strategy: strategy });
  t.equal(load.commit_plan.strategy, strategy);
  t.strictSame(
    await stack.sql(
      `SELECT id, mood::text, code, tags, matrix, at::text, lasting::text, key::text, doc::text, twice, made FROM typed ORDER BY id`,
    ),
    [
      {
        ...{ id: 1, mood: 'happy', code: 'AB1', tags: ['a', 'b c'] },
        ...{
          matrix: [
            [1, 2],
            [3, 4],
          ],
          at: '2024-02-29 09:00:00+00',
          lasting: '1 day 02:00:00',
        },
        ...{ key: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', doc: '{"a": 1}', twice: 2, made: 'here' },
      },
      {
        ...{ id: 2, mood: 'sad', code: 'CD2', tags: [], matrix: null, at: '1999-12-31 23:59:59.999999+00' },
        ...{ lasting: null, key: null, doc: null, twice: 4, made: 'here' },
      },
    ],
  );
}

const BAD = `id,name,day
1,a,2024-01-01
x,b,2024-01-01
3,c
4,d,01/02/2024
5,"e,2024-01-01
6,f,
`;

async function loadSkipping(t: Test, stack: Stack): Promise<void> {
  await stack.sql('CREATE TABLE checked (id int PRIMARY KEY, name text, day date)');
  await stack.put('checked.csv', BAD);
  const request = { data_set: 'checked', path: `s3://${stack.source}/checked.csv`, on_error: 'skip' };
  const load = await succeed(t, stack, request);
  t.match(load.receipt, { read: 6, loaded: 2, rejected: 4 });
  const { items } = await stack.get(`/v1/loads/${load.id}/rejects`);
  t.strictSame(
    items.map(({ line, column, sqlstate }: Body) => [line, column, sqlstate]),
    [
      [3, 'id', '22P02'],
      [4, null, '22P04'],
      [5, 'day', '22008'],
      [6, null, '22P04'],
    ],
  );
}

/** The second source has one row changed and one gone. */
async function loadTwice(
  t: Test,
  stack: Stack,
  more: Record<string, unknown>,
  figures: Record<string, number>,
): Promise<void> {
  await stack.sql('DROP TABLE IF EXISTS item');
  await stack.sql('CREATE TABLE item (id int PRIMARY KEY, name text UNIQUE, doc json)');
  await stack.sql('ALTER TABLE item OWNER TO test_service');
  await stack.sql(`INSERT INTO item VALUES (1, 'a', '{}'), (3, 'c', '{}')`);
  await stack.put('item.csv', 'id,name,doc\n1,a,{}\n3,changed,{}\n');
  if (more.commit_strategy === 'diff') await stack.sql(`INSERT INTO item VALUES (4, 'd', '{}')`);
  const path = `s3://${stack.source}/item.csv`;
  const load = await succeed(t, stack, { data_set: 'item', path, ...more });
  t.match(load.receipt, { loaded: 2, ...figures });
  t.strictSame(await stack.sql('SELECT id, name FROM item ORDER BY id'), [
    { id: 1, name: 'a' },
    { id: 3, name: 'changed' },
  ]);
}

async function loadPartition(t: Test, stack: Stack): Promise<void> {
  await stack.sql('CREATE TABLE split (id int, kind text, PRIMARY KEY (id, kind)) PARTITION BY LIST (kind)');
  for (const kind of ['mine', 'other']) {
    await stack.sql(`CREATE TABLE split_${kind} PARTITION OF split FOR VALUES IN ('${kind}')`);
    await stack.sql(`ALTER TABLE split_${kind} OWNER TO test_service`);
  }
  await stack.sql('ALTER TABLE split OWNER TO test_service');
  await stack.sql(`INSERT INTO split VALUES (1, 'mine'), (9, 'other')`);
  await stack.put('split.csv', 'id,kind\n2,mine\n3,mine\n4,other\n');
  const path = `s3://${stack.source}/split.csv`;
  const load = await succeed(t, stack, {
    data_set: 'mine',
    table: 'split',
    path,
    commit_strategy: 'partition',
  });
  t.match(load, { commit_plan: { strategy: 'partition' }, receipt: { loaded: 2, filtered: 1 } });
  t.strictSame(await stack.sql('SELECT id, kind FROM split ORDER BY id'), [
    { id: 2, kind: 'mine' },
    { id: 3, kind: 'mine' },
    { id: 9, kind: 'other' },
  ]);
}
