import t from 'tap';
import { possible, type Stack, startStack } from './stack.js';

t.setTimeout(240_000);

const CLEAN = { objects: [], tables: [], transactions: [] };

function dryRun(stack: Stack, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    load_type: 'full',
    data_set: 'place',
    path: `s3://${stack.source}/place.csv`,
    validate_only: true,
    ...more,
  };
}

t.test('a dry run tells what a load would do, and changes nothing', async (t) => {
  const stack = await startStack(t, { backend: 'redis' });
  await stack.sql('CREATE TABLE place (id bigint PRIMARY KEY, name text NOT NULL, opened date)');
  await stack.sql(`INSERT INTO place VALUES (1, 'one', NULL), (2, 'two', NULL), (9, 'nine', NULL)`);
  const everything = () =>
    stack.sql(
      `SELECT (SELECT json_agg(p ORDER BY id) FROM place p) AS rows, (SELECT count(*) FROM copydock.fences) AS fences,
              (SELECT count(*) FROM copydock.committed_loads) AS committed, to_regclass('public.other') AS other`,
    );
  const before = await everything();
  await stack.put('place.csv', 'id,name,opened\n1,one,\n2,TWO,\n3,three,\n4,four,never\n');

  const figures: [more: Record<string, unknown>, receipt: Record<string, unknown>][] = [
    [{ commit_strategy: 'delete_insert' }, { inserted: 3, deleted: 3 }],
    [{ commit_strategy: 'diff' }, { inserted: 1, updated: 1, unchanged: 1, deleted: 1 }],
    [{ load_type: 'delta' }, { inserted: 1, updated: 1, unchanged: 1, deleted: 0 }],
  ];
  for (const [more, receipt] of figures) {
    await t.test(JSON.stringify(more), async (t) => {
      const load = await stack.load(dryRun(stack, { on_error: 'skip', ...more }));
      t.equal(load.status, 'succeeded', JSON.stringify(load.error));
      t.match(load.receipt, { target: 'public.place', read: 4, loaded: 3, rejected: 1, ...receipt });
      t.match(await stack.get(`/v1/loads/${load.id}/rejects`), { rejected: 1, items: [{ line: 5 }] });
      t.strictSame(await everything(), before, 'nothing has changed');
      t.strictSame(await stack.litter(), CLEAN, 'no litter');
    });
  }

  await t.test(
    'a plan that would go straight into the target is tried through a staging table',
    async (t) => {
      await stack.put('place.csv', 'id,name\n1,one\n3,three\n');
      const [strategy] = possible(['direct', 'delete_insert']);
      const load = await stack.load(dryRun(stack, { commit_strategy: strategy }));
      t.match(load, {
        status: 'succeeded',
        commit_plan: { strategy },
        receipt: { loaded: 2, deleted: 3 },
      });
      const { items } = await stack.get(`/v1/loads/${load.id}/logs`);
      t.match(items.at(-2)?.message, /^Dry run \(validate_only\): the target was not changed/);
      t.strictSame(await everything(), before);
    },
  );

  await t.test('what would fail the load fails the dry run', async (t) => {
    await stack.put('place.csv', 'id,name,opened\n1,one,\n4,four,never\n');
    const abort = await stack.load(dryRun(stack));
    t.match(abort.error, { code: 'bad_value', line: 3, column: 'opened', value: 'never' });
    await stack.put('place.csv', 'id,name\n1,one\n1,again\n');
    const twice = await stack.load(dryRun(stack));
    t.match(twice.error, { code: 'duplicate_key', line: 3 });
    await stack.put('place.csv', 'id,name\n1,one\n');
    t.match((await stack.load(dryRun(stack))).error, { code: 'suspicious_shrink' });
    t.strictSame(await everything(), before);
    t.strictSame(await stack.litter(), CLEAN);
  });

  await t.test('of a missing target the statement that would make it is told', async (t) => {
    await stack.put('place.csv', 'id,born\n1,2024-01-01\n');
    const load = await stack.load(dryRun(stack, { table: 'other' }));
    t.match(load, {
      status: 'succeeded',
      commit_plan: { create_table: 'CREATE TABLE "public"."other" ("id" bigint, "born" date)' },
      receipt: { read: 1, inserted: 1 },
    });
    t.strictSame(await everything(), before);
    t.strictSame(await stack.litter(), CLEAN);
  });
});
