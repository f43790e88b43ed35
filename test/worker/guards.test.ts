import t from 'tap';
import { type Body, possible, type Stack, startStack } from './stack.js';

const CLEAN = { objects: [], tables: [], transactions: [] };
const STRATEGIES = possible(['direct', 'delete_insert']);

async function startGuarded(t: Parameters<typeof startStack>[0]): Promise<Stack> {
  const stack = await startStack(t, {
    backend: 'redis',
    tables: new Map([['public.shared', { scopeColumn: 'owner', lockTarget: false }]]),
  });
  await stack.sql('CREATE TABLE thing (id int PRIMARY KEY, name text)');
  await stack.sql('CREATE TABLE shared (id int PRIMARY KEY, owner text)');
  return stack;
}

/** Loads into a table of ten rows and answers the load, and how many rows there are then. */
async function loadOverTen(
  stack: Stack,
  more: Record<string, unknown>,
): Promise<{ load: Body; rows: number }> {
  await stack.sql('TRUNCATE thing');
  await stack.sql('INSERT INTO thing SELECT n, $1 FROM generate_series(1, 10) n', ['old']);
  const load = await stack.load({ load_type: 'full', data_set: 'thing', ...more });
  const [count] = await stack.sql('SELECT count(*)::int AS rows FROM thing');
  return { load, rows: count?.rows as number };
}

t.test('a full load of nothing fails, unless nothing is right', async (t) => {
  const stack = await startGuarded(t);
  await stack.put('zero.csv', '');
  await stack.put('header.csv', 'id,name\n');
  const paths = ['absent/', 'zero.csv', 'header.csv'].map((key) => `s3://${stack.source}/${key}`);
  for (const path of paths) {
    for (const commit_strategy of STRATEGIES) {
      const refused = await loadOverTen(stack, { path, commit_strategy });
      t.match(refused, {
        load: { status: 'failed', error: { code: 'empty_source', field: 'path' } },
        rows: 10,
      });
      const halfAllowed = await loadOverTen(stack, { path, commit_strategy, allow_empty: true });
      t.match(halfAllowed, { load: { status: 'failed', error: { code: 'suspicious_shrink' } }, rows: 10 });
      const both = { allow_empty: true, allow_shrink: true };
      const allowed = await loadOverTen(stack, { path, commit_strategy, ...both });
      t.match(
        allowed,
        { load: { status: 'succeeded', receipt: { read: 0, loaded: 0, deleted: 10 } }, rows: 0 },
        `${path} ${commit_strategy} ${JSON.stringify(allowed.load.error)}`,
      );
    }
  }
  t.strictSame(await stack.litter(), CLEAN);
});

t.test('a full load that would remove more than half of the rows fails, unless it may', async (t) => {
  const stack = await startGuarded(t);
  await stack.put('four.csv', 'id,name\n1,a\n2,b\n3,c\n4,d\n');
  await stack.put('five.csv', 'id,name\n1,a\n2,b\n3,c\n4,d\n5,e\n');
  const path = (key: string) => `s3://${stack.source}/${key}`;
  for (const commit_strategy of STRATEGIES) {
    const refused = await loadOverTen(stack, { path: path('four.csv'), commit_strategy });
    t.match(refused, {
      load: {
        status: 'failed',
        error: {
          code: 'suspicious_shrink',
          detail: 'The scope has 10 rows and would have 4, less than 50% of them.',
          hint: /allow_shrink/,
        },
      },
      rows: 10,
    });
    const half = await loadOverTen(stack, { path: path('five.csv'), commit_strategy });
    t.match(half, { load: { status: 'succeeded' }, rows: 5 }, 'half is enough');
    const allowed = await loadOverTen(stack, { path: path('four.csv'), commit_strategy, allow_shrink: true });
    t.match(allowed, { load: { receipt: { read: 4, loaded: 4, inserted: 4, deleted: 10 } }, rows: 4 });
  }
  const emptied = await loadOverTen(stack, { path: path('none/'), allow_shrink: true });
  t.match(emptied, { load: { error: { code: 'empty_source' } }, rows: 10 }, 'shrinking is not emptying');
  t.strictSame(await stack.litter(), CLEAN);
});

t.test('a source without a row of the data set fails, unless nothing is right', async (t) => {
  const stack = await startGuarded(t);
  await stack.sql(`INSERT INTO shared VALUES (1, 'mine'), (2, 'yours')`);
  await stack.put('s.csv', 'id,owner\n3,yours\n4,\n');
  for (const commit_strategy of STRATEGIES) {
    const request = {
      load_type: 'full',
      data_set: 'mine',
      table: 'shared',
      path: `s3://${stack.source}/s.csv`,
      commit_strategy,
    };
    await stack.sql(`INSERT INTO shared VALUES (1, 'mine') ON CONFLICT DO NOTHING`);
    const refused = await stack.load(request);
    t.match(refused.error, { code: 'empty_result', detail: /None of the 2 rows/, hint: /data_set/ });
    t.strictSame(await stack.sql('SELECT id FROM shared ORDER BY id'), [{ id: 1 }, { id: 2 }]);
    const allowed = await stack.load({ ...request, allow_empty: true, allow_shrink: true });
    t.match(allowed.receipt, { read: 2, loaded: 0, filtered: 2, deleted: 1 }, JSON.stringify(allowed.error));
    t.strictSame(await stack.sql('SELECT id FROM shared ORDER BY id'), [{ id: 2 }]);
  }
});

t.test('a source that is not whole is not loaded', async (t) => {
  const stack = await startGuarded(t);
  await stack.put('whole/a.csv', 'id,name\n1,a\n2,b\n3,c\n');
  await stack.put('whole/b.csv', 'id,name\n4,d\n5,e\n');
  const path = `s3://${stack.source}/whole/`;
  const fails = async (more: object, error: object) => {
    const outcome = await loadOverTen(stack, { path, ...more });
    t.match(outcome, { load: { status: 'failed', error }, rows: 10 }, JSON.stringify(outcome.load.error));
  };
  await fails(
    { require_marker: true },
    { code: 'marker_missing', field: 'require_marker', detail: new RegExp(`${path}_SUCCESS`) },
  );
  await fails({ require_marker: '_done.json' }, { code: 'marker_missing', detail: /whole\/_done\.json/ });
  await fails(
    { expected_objects: 3 },
    { code: 'object_count_mismatch', detail: /names 2 objects, but expected_objects is 3/ },
  );
  for (const commit_strategy of STRATEGIES) {
    await fails(
      { expected_rows: 6, commit_strategy },
      { code: 'row_count_mismatch', detail: /holds 5 rows, but expected_rows is 6/ },
    );
  }

  await stack.put('whole/_SUCCESS', '');
  await stack.put('whole/_done.json', '{}');
  for (const require_marker of [true, '_done.json']) {
    const whole = await loadOverTen(stack, { path, require_marker, expected_objects: 2, expected_rows: 5 });
    t.match(whole, { load: { status: 'succeeded', receipt: { source_objects: 2, read: 5 } }, rows: 5 });
  }
  const single = await loadOverTen(stack, { path: `${path}a.csv`, require_marker: true, allow_shrink: true });
  t.match(
    single,
    { load: { status: 'succeeded' }, rows: 3 },
    'the marker stands beside a single object, too',
  );
  t.strictSame(await stack.litter(), CLEAN);
});

t.test(
  'a full load is refused where tables inherit from the target, whose rows it would delete',
  async (t) => {
    const stack = await startGuarded(t);
    await stack.sql('CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE heir () INHERITS (parent)');
    await stack.sql('INSERT INTO heir VALUES (1), (2)');
    await stack.put('p.csv', 'id\n7\n');
    const load = await stack.load({
      load_type: 'full',
      data_set: 'parent',
      path: `s3://${stack.source}/p.csv`,
      allow_shrink: true,
    });
    t.match(load, { status: 'failed', error: { code: 'replace_would_cascade', detail: /inherit/ } });
    t.match(load.cleanup, { status: 'done' }, 'there was nothing to clean up, and that is said');
    t.strictSame(await stack.sql('SELECT id FROM parent ORDER BY id'), [{ id: 1 }, { id: 2 }]);
  },
);
