import t from 'tap';
import { possible, startStack } from '../stack.js';
import { expectFailure, fullLoad, makePlaces } from './expect-failure.js';

/** Sources with one bad record, and what the load must say of it. Parts have at least one record each. */
const CASES: [name: string, source: string, error: Record<string, unknown>][] = [
  [
    'a value that does not cast',
    'id,name,opened\n3,three,2024-01-01\n4,four,never\n',
    { code: 'bad_value', line: 3, column: 'opened', value: 'never' },
  ],
  [
    'a value that does not cast, after quoted line ends, in a later part',
    'id,name,opened\n3,"th\nr\nee",2024-01-01\n4,"fo\nur",\n5,"fi\nve",\n6,"s\nix",2024-13-01\n7,seven,\n',
    { code: 'bad_value', line: 9, column: 'opened', value: '2024-13-01' },
  ],
  [
    'a value that does not cast, in a file with CRLF and quoted line ends of both kinds',
    'id,name,opened\r\n3,"th\nr\nee",\r\n4,"fo\r\nur",\r\n5,"fi\nve",x\r\n',
    { code: 'bad_value', line: 7, column: 'opened', value: 'x' },
  ],
  [
    'a last record that ends in another way than all before it',
    'id,name,opened\r\n3,"th\r\nree, and more",\r\n4,"four, and no more",\r',
    { code: 'bad_record', line: 4 },
  ],
  [
    'a record among others that ends in another way',
    'id,name,opened\r\n3,"three, and more",\r\n4,"four, and no more",\n5,"five, and no more",\r\n',
    { code: 'bad_record', line: 3 },
  ],
  [
    'a long value that does not fit',
    `id,name,area\n3,three,${'9'.repeat(500)}\n`,
    { code: 'bad_value', line: 2, column: 'area', value: /^9{79}…$/, detail: /^.{1,200}$/ },
  ],
  [
    'a record with a column too few',
    'id,name,opened\n3,three,2024-01-01\n4,four\n',
    { code: 'bad_record', line: 3, value: '4,four' },
  ],
  [
    'a record with a column too many',
    'id,name,opened\n3,three,,extra\n4,four,\n',
    { code: 'bad_record', line: 2 },
  ],
  [
    'a quote that is never closed',
    'id,name,opened\n3,three,\n4,"four,\n5,five,\n',
    { code: 'unbalanced_quote', line: 3 },
  ],
  [
    'NULL in a column that must have a value',
    'id,name,opened\n3,three,\n4,,\n',
    {
      code: 'null_value',
      line: 3,
      column: 'name',
      detail: /column name: Column name must not be null: .*4, null/,
    },
  ],
  [
    'a key that stands twice',
    'id,name,opened\n3,three,\n4,four,\n5,five,\n3,again,\n',
    { code: 'duplicate_key', line: 5, column: 'id', value: '3' },
  ],
  [
    'bytes that are not UTF-8',
    'id,name\n3,\xe9t\xe9\n',
    { code: 'bad_record', line: 2, hint: /csv.encoding/ },
  ],
  ['a NUL byte in a later record', 'id,name\n3,th\0ree\n', { code: 'bad_record', line: 2, hint: /NUL/ }],
];

const DEFAULT_PART_BYTES = 8 * 1024 * 1024;
const RUNS: [strategy: string, partSizeBytes: number, cases: typeof CASES][] = [
  ['direct', 16, CASES],
  ['delete_insert', DEFAULT_PART_BYTES, CASES],
  ['direct', DEFAULT_PART_BYTES, CASES.filter(([name]) => /quoted|twice/.test(name))],
  ['delete_insert', 16, CASES.filter(([name]) => /quoted|twice/.test(name))],
];

for (const [strategy, partSizeBytes, cases] of RUNS.filter(([strategy]) => possible([strategy]).length > 0)) {
  t.test(`bad records: ${strategy}, parts of ${partSizeBytes} bytes`, async (t) => {
    const stack = await startStack(t, {
      backend: 'redis',
      worker: { partSizeBytes, bufferBytes: 16 * partSizeBytes },
    });
    await makePlaces(stack);
    const request = { ...fullLoad(stack, 'place/'), commit_strategy: strategy };
    for (const [name, source, error] of cases) {
      await t.test(name, async (t) => {
        await stack.put('place/a.csv', Buffer.from(source, name.includes('UTF-8') ? 'latin1' : 'utf8'));
        await expectFailure(t, stack, request, {
          object: `s3://${stack.source}/place/a.csv`,
          ...error,
        });
      });
    }
    await t.test('a row that breaks a check', async (t) => {
      await stack.put('place/a.csv', 'id,name\n-3,three\n');
      await expectFailure(t, stack, request, {
        code: 'check_violation',
        detail: /place_id_check.*-3, three/,
      });
    });
  });
}
