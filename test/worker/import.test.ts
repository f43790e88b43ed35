import t, { type Test } from 'tap';
import { installImportExtension } from '../services/import-extension.js';
import { serviceVariable } from '../services/service-variables.js';
import { holdLock } from './hold-lock.js';
import { type Body, type Stack, startStack } from './stack.js';

const CLEAN = { objects: [], tables: [], transactions: [] };
const SMALL_PARTS = { partSizeBytes: 32, bufferBytes: 1024 };
const PLACE =
  'CREATE TABLE place (id bigint PRIMARY KEY, "Full name" text NOT NULL, opened date, owner text)';

function full(stack: Stack, more: object = {}) {
  return {
    load_type: 'full',
    data_set: 'mine',
    table: 'place',
    path: `s3://${stack.source}/place.csv`,
    ...more,
  };
}

async function countCalls(stack: Stack): Promise<number> {
  const [row] = await stack.sql(
    'SELECT CASE WHEN is_called THEN last_value::int ELSE 0 END AS calls FROM aws_s3.calls',
  );
  return Number(row?.calls);
}

async function expectLoaded(t: Test, stack: Stack, load: Body, receipt: object): Promise<void> {
  t.match(
    load,
    { status: 'succeeded', commit_plan: { copy_engine: 'aws_s3' }, receipt },
    JSON.stringify([load.error, load.receipt]),
  );
  t.strictSame(await stack.litter(), CLEAN, 'no litter');
}

t.test('the database fetches the staged parts itself', async (t) => {
  const stack = await startStack(t, { copyEngine: 'aws_s3', worker: SMALL_PARTS });
  await stack.sql(PLACE);
  const body =
    'id|Full name|opened|owner\n1|"two\nlines"|\\N|mine\n2|caf\u00e9|2024-01-02|mine\n3|c|\\N|mine\n';
  await stack.put('place.csv', Buffer.from(body, 'latin1'));
  const csv = { delimiter: '|', null_string: '\\N', encoding: 'LATIN1' };

  await t.test('with the options of the load, each part once', async (t) => {
    const load = await stack.load(full(stack, { csv }));
    await expectLoaded(t, stack, load, { read: 3, loaded: 3, parts: 3 });
    t.equal(await countCalls(stack), load.receipt.parts);
    t.match(load.commit_plan.not_allowed[0], { strategy: 'direct', reason: /^copy_engine aws_s3/ });
    t.strictSame(
      await stack.sql('SELECT id::int, "Full name" AS name, opened::text FROM place ORDER BY id'),
      [
        { id: 1, name: 'two\nlines', opened: null },
        { id: 2, name: 'caf\u00e9', opened: '2024-01-02' },
        { id: 3, name: 'c', opened: null },
      ],
    );
  });

  await t.test(
    'also to tell what a load would do, and for the last of several rows with one key',
    async (t) => {
      const dry = await stack.load(full(stack, { csv, validate_only: true, commit_strategy: 'diff' }));
      await expectLoaded(t, stack, dry, { read: 3, unchanged: 3, updated: 0 });
      await stack.put('place.csv', 'id,Full name\n5,first\n6,other\n5,last\n');
      await expectLoaded(
        t,
        stack,
        await stack.load(full(stack, { duplicates: 'last', allow_shrink: true })),
        {
          read: 3,
          loaded: 2,
          deduplicated: 1,
        },
      );
      t.strictSame(await stack.sql('SELECT "Full name" AS name FROM place WHERE id = 5'), [{ name: 'last' }]);
    },
  );

  await t.test('a bad record is named by its place in the source', async (t) => {
    await stack.put('place.csv', 'id,Full name,opened\n1,"o\nne",\n2,two,2024-01-01\n3,three,never\n');
    const load = await stack.load(full(stack));
    t.match(load.error, {
      code: 'bad_value',
      object: `s3://${stack.source}/place.csv`,
      line: 5,
      column: 'opened',
      value: 'never',
      sqlstate: '22007',
    });
    t.strictSame(await stack.litter(), CLEAN, 'no litter');
  });

  await t.test('records that do not load are left out with on_error: skip', async (t) => {
    const load = await stack.load(full(stack, { on_error: 'skip', allow_shrink: true }));
    await expectLoaded(t, stack, load, { read: 3, loaded: 2, rejected: 1 });
    const { items } = await stack.get(`/v1/loads/${load.id}/rejects`);
    t.match(items, [{ line: 5, column: 'opened', reason: /"never"/ }]);
  });

  await t.test('an explicit direct is refused with the reason', async (t) => {
    t.match((await stack.load(full(stack, { commit_strategy: 'direct' }))).error, {
      code: 'strategy_not_possible',
      detail: /copy_engine aws_s3 copies staged parts into a staging table/,
    });
  });
});

t.test('rows of other data sets are left out after they were fetched, by a new partition, too', async (t) => {
  const stack = await startStack(t, {
    role: 'superuser',
    copyEngine: 'aws_s3',
    worker: SMALL_PARTS,
    tables: new Map([['public.place', { scopeColumn: 'owner', lockTarget: false }]]),
  });
  await stack.sql(`CREATE TABLE place (id bigint, owner text NOT NULL, PRIMARY KEY (id, owner)) PARTITION BY LIST (owner);
    CREATE TABLE place_mine PARTITION OF place FOR VALUES IN ('mine');
    CREATE TABLE place_yours PARTITION OF place FOR VALUES IN ('yours')`);
  await stack.put('place.csv', 'id,owner\n1,mine\n2,yours\n3,mine\n4,yours\n5,mine\n');
  for (const commit_strategy of ['delete_insert', 'diff', 'partition']) {
    const load = await stack.load(full(stack, { commit_strategy }));
    await expectLoaded(t, stack, load, { read: 5, loaded: 3, filtered: 2 });
  }
});

t.test('a load is cancelled while the database copies a part', async (t) => {
  const stack = await startStack(t, {
    copyEngine: 'aws_s3',
    worker: { partSizeBytes: 512, bufferBytes: 8192 },
  });
  await stack.sql('CREATE TABLE place (id bigint PRIMARY KEY)');
  await stack.put('place.csv', `id\n${Array.from({ length: 20_000 }, (_, id) => `${id}\n`).join('')}`);
  const { id } = await stack.post(full(stack));
  await stack.waitUntil(id, ({ progress }) => progress?.parts_copied > 1);
  const [plan] = await stack.sql('SELECT staging_table AS name FROM copydock.plans');
  const lock = await holdLock(t, stack, `copydock.${plan?.name}`);
  await stack.waitUntilSql(
    `SELECT count(*) > 0 AS done FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%table_import_from_s3%'`,
  );
  t.match(await stack.tell(id, 'cancel'), { http: 202 });
  await lock.release();
  t.match(await stack.waitUntilDone(id), { status: 'cancelled', error: null, cleanup: { status: 'done' } });
  t.strictSame(await stack.sql('SELECT * FROM place'), []);
  t.strictSame(await stack.litter(), CLEAN);
});

t.test('what only the database meets', async (t) => {
  const lines: string[] = [];
  const stack = await startStack(t, { copyEngine: 'stream', onLog: (line) => lines.push(line) });
  const { config } = stack;
  const development = config.environments.get('development');
  if (development === undefined) throw new Error('development is not configured');
  config.environments.set('development', { ...development, copyEngine: 'aws_s3' });
  await stack.sql(PLACE);
  await stack.put('place.csv', 'id,Full name\n1,one\n');

  await t.test('without the extension a load fails before anything is staged', async (t) => {
    const load = await stack.load(full(stack));
    t.match(load, {
      status: 'failed',
      staging_prefix: null,
      error: {
        code: 'import_not_possible',
        detail: /no function aws_s3\.table_import/,
        hint: /CREATE EXTENSION/,
      },
    });
  });

  const role = await installImportExtension(t, stack.databaseUrl);

  await t.test('while S3 refuses the database, the load is tried again', async (t) => {
    await role.withdraw();
    const { id } = await stack.post(full(stack));
    const waiting = await stack.waitUntil(id, ({ waiting_for }) => waiting_for?.reason === 'retry');
    t.match(waiting.waiting_for.detail, /can't import s3:\/\/.*part-000000\.csv: HTTP 403/);
    await role.giveBack();
    await expectLoaded(t, stack, await stack.waitUntilDone(id), { read: 1, loaded: 1 });
  });

  await t.test('a role that may not call the extension is told so', async (t) => {
    await stack.sql('REVOKE USAGE ON SCHEMA aws_s3 FROM copydock_loader');
    t.match((await stack.load(full(stack))).error, {
      code: 'import_not_possible',
      detail: /may not call aws_s3\.table_import/,
      hint: /loader\.sql/,
    });
  });

  t.notMatch(lines.join('\n'), serviceVariable('TEST_S3_SECRET_KEY'), 'no credentials are logged');
  t.ok(lines.length > 0);
});
