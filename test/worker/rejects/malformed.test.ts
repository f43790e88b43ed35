import t from 'tap';
import { type Body, startStack } from '../stack.js';

t.setTimeout(240_000);

/** Sources with records that can't be read at all; line, SQLSTATE, reason and record of each reject. */
const CASES: [name: string, source: string | Buffer, loaded: string[], rejects: unknown[][]][] = [
  [
    'too few and too many fields, and a blank line',
    'id,name\n1,a\n2\n\n3,c,d\n4,d\n',
    ['1 a', '4 d'],
    [
      [3, '22P04', 'The record has 1 field; the columns are 2', '2'],
      [4, '22P04', 'The record has 1 field; the columns are 2', ''],
      [5, '22P04', 'The record has 3 fields; the columns are 2', '3,c,d'],
    ],
  ],
  [
    'NUL bytes and bytes that are no UTF-8',
    Buffer.from('id,name\n1,a\n2,b\0b\n3,\xe9\n4,d\n', 'latin1'),
    ['1 a', '4 d'],
    [
      [3, '22021', 'The record holds a NUL byte', '2,b\ufffdb'],
      [4, '22021', 'The record holds bytes that are not UTF-8', '3,\ufffd'],
    ],
  ],
  [
    'bad values besides, on lines after quoted line ends',
    'id,name\n1,"a\nb"\nx,"c\nd"\n3,"e\nf",g\n4,h',
    ['1 a\nb', '4 h'],
    [
      [4, '22P02', 'invalid input syntax for type integer: "x"', 'x,"c\nd"'],
      [6, '22P04', 'The record has 3 fields; the columns are 2', '3,"e\nf",g'],
    ],
  ],
  [
    'line ends that differ from the others',
    'id,name\r\n1,a\r\n2,b\n3,c\r\n',
    ['1 a', '3 c'],
    [[3, '22P04', 'The record ends in LF, those before it in CRLF', '2,b']],
  ],
  [
    'a carriage return within a line',
    'id,name\n1,a\n2,b\rb\n3,c\n',
    ['1 a', '3 c'],
    [[3, '22P04', 'unquoted carriage return found in data', '2,b\rb']],
  ],
  [
    'a line of only \\.',
    'id,name\n1,a\n\\.\n3,c\n',
    ['1 a', '3 c'],
    [[3, '22P04', 'The record has 1 field; the columns are 2', '\\.']],
  ],
];

t.test('malformed records are left out and told', async (t) => {
  const stack = await startStack(t, { backend: 'redis' });
  await stack.sql('CREATE TABLE thing (id integer PRIMARY KEY, name text)');
  for (const [name, source, loaded, rejects] of CASES) {
    await t.test(name, async (t) => {
      await stack.put('thing.csv', source);
      const load = await stack.load({
        load_type: 'full',
        data_set: 'thing',
        path: `s3://${stack.source}/thing.csv`,
        on_error: 'skip',
        allow_shrink: true,
      });
      t.equal(load.status, 'succeeded', JSON.stringify(load.error));
      t.match(load.receipt, { loaded: loaded.length, rejected: rejects.length });
      const rows = await stack.sql(`SELECT id || ' ' || name AS row FROM thing ORDER BY id`);
      t.strictSame(
        rows.map(({ row }) => row),
        loaded,
      );
      const { items } = await stack.get(`/v1/loads/${load.id}/rejects`);
      t.strictSame(
        items.map(({ line, sqlstate, reason, record }: Body) => [line, sqlstate, reason, record]),
        rejects,
      );
    });
  }
});
