import { parse } from 'csv-parse/sync';
import t from 'tap';
import { parseRecord } from '../../../src/worker/cut/parse-record.js';
import { randomNumbers, randomRecords } from './random-csv.js';

const COMMA = { delimiter: ',', quote: '"', escape: '"', nullString: '' };

t.test('values are those that PostgreSQL would read', async (t) => {
  const cases: [record: string, values: (string | null)[]][] = [
    ['a,b', ['a', 'b']],
    ['', [null]],
    [',""', [null, '']],
    ['"a,""b"""', ['a,"b"']],
    ['x"y z",b', ['xy z', 'b']],
    ['"a\nb",c', ['a\nb', 'c']],
  ];
  for (const [record, values] of cases) t.same(parseRecord(record, COMMA), values, record);
  t.same(parseRecord('"a\\"b"|\\N', { delimiter: '|', quote: '"', escape: '\\', nullString: '\\N' }), [
    'a"b',
    null,
  ]);
});

t.test('an independent reader reads the same values', async (t) => {
  const lines = Array.from({ length: 100 }, (_, seed) => randomRecords(randomNumbers(seed), '\n'))
    .flat()
    .map((record) => record.replace(/\n$/, '').replace(/"x$/, '"'));
  const expected = lines.map((line) => (parse(line, { relax_column_count: true }) as string[][])[0] ?? ['']);
  t.same(
    lines.map((line) => parseRecord(line, COMMA).map((value) => value ?? '')),
    expected,
  );
});
