import t from 'tap';
import { possible, startStack } from '../stack.js';
import { COMPRESSIONS } from './compress.js';
import { makeParquet } from './parquet.js';

const LONG = 'x'.repeat(10_000_000);

t.setTimeout(300_000);

t.test('sources that few would write, each loaded for what it is', async (t) => {
  const stack = await startStack(t, {
    backend: 'redis',
    worker: { partSizeBytes: 4096, bufferBytes: 1024 * 1024 },
  });
  await stack.sql(`CREATE TABLE odd (id int PRIMARY KEY, name text, size int DEFAULT 7)`);
  const load = (path: string, more = {}) =>
    stack.load({
      load_type: 'full',
      data_set: 'odd',
      path: `s3://${stack.source}/${path}`,
      allow_shrink: true,
      ...more,
    });
  const rows = () => stack.sql('SELECT id, name, size FROM odd ORDER BY id');

  for (const commit_strategy of possible(['direct', 'delete_insert'])) {
    await t.test(`objects with columns in another order, or without one, ${commit_strategy}`, async (t) => {
      await stack.put('differ/a.csv', 'id,name,size\n1,a,10\n');
      await stack.put('differ/b.csv.gz', COMPRESSIONS.gzip?.compress(Buffer.from('name,id\nb,2\n')) ?? '');
      await stack.put('differ/c.csv', 'size,id,name\n30,3,c\n');
      const done = await load('differ/', { commit_strategy });
      t.match(done, { status: 'succeeded', receipt: { read: 3 } }, JSON.stringify(done.error));
      t.match(done.warnings, [/^Column size takes its default in the rows of 1 of 3 objects.*b\.csv\.gz$/]);
      t.strictSame(await rows(), [
        { id: 1, name: 'a', size: 10 },
        { id: 2, name: 'b', size: 7 },
        { id: 3, name: 'c', size: 30 },
      ]);
    });
    await t.test(`a null string beside empty fields, ${commit_strategy}`, async (t) => {
      await stack.put('null.csv', 'id,name,size\n1,NULL,NULL\n2,,\n3,"NULL","NULL"\n4,"",""\n');
      const done = await load('null.csv', { commit_strategy, csv: { null_string: 'NULL' } });
      t.match(done, { status: 'succeeded' }, JSON.stringify(done.error));
      t.strictSame(await rows(), [
        { id: 1, name: null, size: null },
        { id: 2, name: '', size: null },
        { id: 3, name: 'NULL', size: null },
        { id: 4, name: '', size: null },
      ]);
    });
  }

  await t.test('quotes in the middle of fields: a warning, or an error where they merge lines', async (t) => {
    await stack.put('quotes.csv', 'id,name\n1,a 5" by 6" b\n2,c\n');
    const done = await load('quotes.csv');
    t.equal(done.status, 'succeeded');
    t.match(done.warnings.at(-1), /line 2: a quote stands in the middle of a field/);
    t.strictSame((await rows())[0], { id: 1, name: 'a 5 by 6 b', size: 7 });
    await stack.put('merging.csv', 'id,name\n1,a 5" pipe\n2,b\n3,a 6" pipe\n4,c\n');
    const failed = await load('merging.csv');
    t.match(failed.error, { code: 'unbalanced_quote', line: 2 }, JSON.stringify(failed.error));
  });

  const longSources: [string, string | Buffer][] = [
    ['long.csv', `id,name\n1,${LONG}\n2,b\n`],
    ['long.jsonl', `{"id":1,"name":"${LONG}"}\n{"id":2,"name":"b"}\n`],
    [
      'long.parquet',
      await makeParquet(`SELECT * FROM (VALUES (1, repeat('x', ${LONG.length})), (2, 'b')) t(id, name)`),
    ],
  ];
  for (const [key, body] of longSources) {
    await t.test(`a field of 10 MB in the first record of ${key}`, async (t) => {
      await stack.put(key, body);
      const done = await load(key);
      t.match(done, { status: 'succeeded', receipt: { read: 2 } }, JSON.stringify(done.error));
      t.strictSame(await stack.sql('SELECT id, length(name) AS length FROM odd ORDER BY id'), [
        { id: 1, length: LONG.length },
        { id: 2, length: 1 },
      ]);
    });
  }

  await t.test('1,000 columns', async (t) => {
    const names = Array.from({ length: 1000 }, (_, index) => `column_${index}`);
    await stack.sql(`CREATE TABLE wide (${names.map((name) => `${name} text`).join(', ')})`);
    await stack.put('wide.csv', `${names.join(',')}\n${names.map((_, index) => index).join(',')}\n`);
    const done = await load('wide.csv', { data_set: 'wide' });
    t.match(done, { status: 'succeeded' }, JSON.stringify(done.error));
    t.strictSame(await stack.sql('SELECT column_0, column_999 FROM wide'), [
      { column_0: '0', column_999: '999' },
    ]);
  });

  await t.test('a damaged archive, by its name and in one line; nothing is lost', async (t) => {
    const before = await rows();
    const archive = COMPRESSIONS.gzip?.compress(Buffer.from('id,name\n8,x\n')) ?? Buffer.alloc(0);
    await stack.put('cut.csv.gz', archive.subarray(0, -3));
    const done = await load('cut.csv.gz', { allow_empty: true });
    t.match(done.error, {
      code: 'archive_damaged',
      detail: `s3://${stack.source}/cut.csv.gz is damaged gzip: it ends too early.`,
    });
    t.strictSame(await rows(), before);
  });
  t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
});
