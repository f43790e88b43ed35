import t from 'tap';
import { type Stack, startStack } from './stack.js';

async function startSample(t: Parameters<typeof startStack>[0]): Promise<Stack> {
  const stack = await startStack(t, {
    backend: 'redis',
    worker: { partSizeBytes: 2048, bufferBytes: 16384 },
  });
  const rows = Array.from({ length: 1200 }, (_, index) => `${index},"row\n${index}"\n`);
  await stack.put('s.csv', `id,name\n${rows.join('')}`);
  await stack.put('t.csv', 'name,id\nother,1\nmore,2\n');
  return stack;
}

function sample(stack: Stack, table: string, more: object = {}) {
  return { load_type: 'sample', data_set: 'samples', table, path: `s3://${stack.source}/s.csv`, ...more };
}

t.test('a sample is made anew each time, like the target, which stays as it is', async (t) => {
  const stack = await startSample(t);
  await stack.sql(
    `CREATE TABLE thing (id int PRIMARY KEY, name text NOT NULL, at timestamptz DEFAULT '2020-01-01Z')`,
  );
  await stack.sql(`INSERT INTO thing VALUES (1, 'the only one')`);
  const first = await stack.load(sample(stack, 'thing', { sample_rows: 7 }));
  t.match(first, {
    status: 'succeeded',
    receipt: { target: 'public.thing_sample', read: 7, loaded: 7, deleted: 0 },
  });
  t.strictSame(
    await stack.sql('SELECT id, name FROM thing_sample ORDER BY id LIMIT 2'),
    [0, 1].map((id) => ({ id, name: `row\n${id}` })),
  );
  const byDefault = await stack.load(sample(stack, 'thing'));
  t.match(byDefault.receipt, { read: 1000, loaded: 1000, deleted: 7 });
  const small = await stack.load(sample(stack, 'thing', { path: `s3://${stack.source}/t.csv` }));
  t.match(small.receipt, { read: 2, loaded: 2, deleted: 1000 });
  t.strictSame(
    await stack.sql(`SELECT id, at = '2020-01-01Z' AS "hasDefault" FROM thing_sample ORDER BY id`),
    [
      { id: 1, hasDefault: true },
      { id: 2, hasDefault: true },
    ],
  );
  t.strictSame(await stack.sql('SELECT id, name FROM thing'), [{ id: 1, name: 'the only one' }]);
  t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
});

t.test("a table of the sample's name that is somebody's own is kept", async (t) => {
  const stack = await startSample(t);
  await stack.sql('CREATE TABLE thing (id int, name text)');
  await stack.sql('CREATE TABLE thing_sample (precious text)');
  await stack.sql(`INSERT INTO thing_sample VALUES ('keep')`);
  const load = await stack.load(sample(stack, 'thing'));
  t.match(load, {
    status: 'failed',
    error: { code: 'sample_table_conflict', detail: /public\.thing_sample exists/ },
  });
  t.strictSame(await stack.sql('SELECT * FROM thing_sample'), [{ precious: 'keep' }]);
});

t.test('the sample of a long name is never the target itself', async (t) => {
  const stack = await startSample(t);
  const [a, b] = [`${'l'.repeat(62)}a`, `${'l'.repeat(62)}b`];
  for (const name of [a, b]) {
    await stack.sql(`CREATE TABLE ${name} (id int, name text)`);
    await stack.sql(`INSERT INTO ${name} VALUES (1, 'kept')`);
  }
  const loads = [];
  for (const name of [a, b]) loads.push(await stack.load(sample(stack, name, { sample_rows: 3 })));
  const targets = loads.map((load) => String(load.receipt?.target));
  t.equal(new Set([...targets, `public.${a}`, `public.${b}`]).size, 4, targets.join(' '));
  for (const target of targets) {
    t.match(target, /^public\..{1,63}$/);
    t.strictSame(await stack.sql(`SELECT count(*)::int AS n FROM ${target}`), [{ n: 3 }]);
  }
  for (const name of [a, b]) t.strictSame(await stack.sql(`SELECT name FROM ${name}`), [{ name: 'kept' }]);
});
