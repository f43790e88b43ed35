import t from 'tap';
import { type Body, startStack } from '../stack.js';

t.setTimeout(240_000);

const SLAB_BYTES = 4_096;
/** That the parts don't matter is tested with hundreds of sources in cut-parts.test.ts. */
const PART_SIZES = [7, SLAB_BYTES];

/** Sources in which quotes are open; the rows that arrive, and line and record of each reject. */
const CASES: [name: string, source: string, loaded: string[], rejects: [number, string][]][] = [
  ['at the end of the source', 'id,name\n1,a\n2,"b\n3,c\n4,d\n', ['1 a', '3 c', '4 d'], [[3, '2,"b']]],
  [
    'before a field that is quoted',
    'id,name\n1,"a"\n2,"b\n3,"c"\n4,"d\nd"\n5,e\n',
    ['1 a', '3 c', '4 d\nd', '5 e'],
    [[3, '2,"b']],
  ],
  [
    'twice, so that one seems to close the other',
    'id,name\n1,a\n2,"b\n3,c\n4,"d\n5,e\n',
    ['1 a', '3 c', '5 e'],
    [
      [3, '2,"b'],
      [5, '4,"d'],
    ],
  ],
  [
    'in the middle of fields',
    'id,name\n1,5" pipe\n2,b\n3,6" pipe\n4,"d"\n',
    ['2 b', '4 d'],
    [
      [2, '1,5" pipe'],
      [4, '3,6" pipe'],
    ],
  ],
  [
    'after a field that holds a line end',
    'id,name\n"1","a\na"\n"2\n","b\n3,c\n',
    ['1 a\na', '3 c'],
    [[4, '"2\n","b']],
  ],
  ['before a CR within quotes', 'id,name\n1,"a\n2,"b\rc"\n3,d\n', ['2 b\rc', '3 d'], [[2, '1,"a']]],
  ['CRLF', 'id,name\r\n1,"a\r\n2,b\r\n', ['2 b'], [[2, '1,"a']]],
  ['CR', 'id,name\r1,a\r2,"b\r3,c\r', ['1 a', '3 c'], [[3, '2,"b']]],
];

t.test('a quote that is not closed costs its own record, whatever the parts', async (t) => {
  const stack = await startStack(t, {
    backend: 'redis',
    worker: { partSizeBytes: SLAB_BYTES, bufferBytes: 64 * SLAB_BYTES },
  });
  await stack.sql('CREATE TABLE thing (id integer PRIMARY KEY, name text)');
  const request = {
    load_type: 'full',
    data_set: 'thing',
    path: `s3://${stack.source}/thing.csv`,
    csv: { delimiter: ',' },
    allow_shrink: true,
  };
  for (const [name, source, loaded, rejects] of CASES) {
    await t.test(name, async (t) => {
      await stack.put('thing.csv', source);
      for (const partSizeBytes of PART_SIZES) {
        stack.config.worker.partSizeBytes = partSizeBytes;
        const load = await stack.load({ ...request, on_error: 'skip' });
        const parts = `parts of ${partSizeBytes} bytes`;
        t.equal(load.status, 'succeeded', `${parts}: ${JSON.stringify(load.error)}`);
        const read = loaded.length + rejects.length;
        t.match(load.receipt, { read, loaded: loaded.length, rejected: rejects.length }, parts);
        const rows = await stack.sql(`SELECT id || ' ' || name AS row FROM thing ORDER BY id`);
        t.strictSame(
          rows.map(({ row }) => row),
          loaded.map((row) => row.replaceAll('\n', source.includes('\r\n') ? '\r\n' : '\n')),
          parts,
        );
        const { items } = await stack.get(`/v1/loads/${load.id}/rejects`);
        t.strictSame(
          items.map(({ line, record }: Body) => [line, record]),
          rejects,
          parts,
        );
        for (const item of items) t.match(item, { sqlstate: '22P04', reason: /^unbalanced_quote: / });
      }
      const failed = await stack.load(request);
      const [line, record] = rejects[0] ?? [0, ''];
      t.match(
        failed.error,
        { code: 'unbalanced_quote', line: line + (record.split('\n').length - 1) },
        `abort names the line where the first quote opened: ${failed.error?.detail}`,
      );
    });
  }
  stack.config.worker.partSizeBytes = SLAB_BYTES;
  await t.test('a CR where lines end in LF is a reject of its own, too', async (t) => {
    await stack.put('thing.csv', 'id,name\n1,a\rb\n2,c\n');
    const load = await stack.load({ ...request, on_error: 'skip' });
    t.match(load.receipt, { read: 2, loaded: 1, rejected: 1 }, JSON.stringify(load.error));
    t.strictSame(await stack.sql('SELECT id, name FROM thing'), [{ id: 2, name: 'c' }]);
    const { items } = await stack.get(`/v1/loads/${load.id}/rejects`);
    t.match(items, [
      { line: 2, record: '1,a\rb', sqlstate: '22P04', reason: 'unquoted carriage return found in data' },
    ]);
  });
  await t.test('a quote in the middle of a field beside them is a warning', async (t) => {
    await stack.put('thing.csv', 'id,name\n1,"a\n2,b\n3,5"by6" pipe\n');
    const load = await stack.load({ ...request, on_error: 'skip' });
    t.match(load.receipt, { read: 3, loaded: 2, rejected: 1 }, JSON.stringify(load.error));
    t.match(load.warnings, [/thing\.csv, line 4: a quote stands in the middle of a field/, /1 of 3 records/]);
  });
  await t.test('places of two records with one key are told beside them', async (t) => {
    await stack.put('thing.csv', 'id,name\n1,"a\n2,b\n2,\rx\nx,c\n3,d\n2,e\n');
    const load = await stack.load({ ...request, on_error: 'skip', commit_strategy: 'delete_insert' });
    t.match(load.error, { code: 'duplicate_key', line: 7, column: 'id', value: '2' });
    t.match(load.error.detail, /thing\.csv line 3 and .*thing\.csv line 7/);
  });
  await t.test('a sample begins with the first records, rejects included', async (t) => {
    await stack.put('thing.csv', 'id,name\n1,"a\n2,b\n3,c\n4,d\n');
    const load = await stack.load({ ...request, load_type: 'sample', sample_rows: 3, on_error: 'skip' });
    t.match(load.receipt, { read: 3, loaded: 2, rejected: 1 }, JSON.stringify(load.error));
    t.match(load.receipt, { target: /thing/ });
    t.strictSame(await stack.sql(`SELECT id FROM ${load.receipt?.target} ORDER BY id`), [
      { id: 2 },
      { id: 3 },
    ]);
  });
  t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
});
