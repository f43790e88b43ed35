import t from 'tap';
import { completeDialect } from '../../../src/worker/cut/dialect.js';
import { peelHead } from '../../../src/worker/cut/head.js';
import { inChunks } from './random-csv.js';

const DIALECT = completeDialect({});

async function peel(source: string | Buffer, options: { dialect?: typeof DIALECT; chunkSize?: number } = {}) {
  const { dialect = DIALECT, chunkSize = 3 } = options;
  const peeled = await peelHead(
    inChunks(Buffer.from(source), () => chunkSize),
    dialect,
    's3://b/k',
  );
  if (peeled === null) return null;
  const rest: Buffer[] = [];
  for await (const chunk of peeled.rest) rest.push(chunk);
  return { ...peeled.head, rest: Buffer.concat(rest).toString() };
}

t.test('the header is read, named and left out of the rest, whatever the chunks', async (t) => {
  for (const chunkSize of [1, 2, 5, 1000]) {
    t.same(await peel('entity,entry-date\n1,2\n', { chunkSize }), {
      columns: ['entity', 'entry_date'],
      dataStart: 18,
      firstLine: 2,
      lineEnd: 'lf',
      rest: '1,2\n',
    });
    t.match(await peel('\ufeffa,b\r\n1,2\r\n', { chunkSize }), {
      columns: ['a', 'b'],
      dataStart: 8,
      firstLine: 2,
      lineEnd: 'lf',
      rest: '1,2\r\n',
    });
    t.match(await peel('a,b\r1,2\r', { chunkSize }), { columns: ['a', 'b'], lineEnd: 'cr', rest: '1,2\r' });
    t.match(await peel('" a ","b ""x""\nline-two",c\n1\n', { chunkSize }), {
      columns: ['a', 'b "x"\nline_two', 'c'],
      firstLine: 3,
      rest: '1\n',
    });
  }
});

t.test('the first line end is not looked for behind an escaped quote of a field that goes on', async (t) => {
  const dialect = completeDialect({ columns: ['a', 'b'], escape: '\\' });
  for (const chunkSize of [1, 3, 1000]) {
    t.match(await peel('1,"x\n\\"y"\n2,"z\r"\n', { dialect, chunkSize }), { lineEnd: 'lf' });
    t.match(await peel('1,"x\r\\"y\n"\r2,z\r', { dialect, chunkSize }), { lineEnd: 'cr' });
    t.match(await peel('1,"x\\\\"\r2,"\n"\r', { dialect, chunkSize }), { lineEnd: 'cr' });
  }
});

t.test('a header alone, with or without its line end, has no data after it', async (t) => {
  t.match(await peel('a,b'), { columns: ['a', 'b'], rest: '' });
  t.match(await peel('a,b\r\n'), { columns: ['a', 'b'], rest: '', firstLine: 2 });
  t.match(await peel('a,b\r'), { columns: ['a', 'b'], rest: '', lineEnd: 'cr' });
});

t.test('an object without a byte, or with a byte order mark alone, has no head', async (t) => {
  t.equal(await peel(''), null);
  t.equal(await peel('\ufeff'), null);
});

t.test("without a header the columns are the request's and nothing is left out", async (t) => {
  const dialect = completeDialect({ columns: ['a', 'entry-date'] });
  t.match(await peel('\ufeff1,2\n3,4\n', { dialect }), {
    columns: ['a', 'entry_date'],
    dataStart: 3,
    firstLine: 1,
    rest: '1,2\n3,4\n',
  });
});

t.test('headers that can not be used are refused', async (t) => {
  await t.rejects(peel('a,b,a\n'), { code: 'duplicate_column', report: { column: 'a', line: 1 } });
  await t.rejects(peel('a-b,a_b\n'), { code: 'duplicate_column' }, 'dashes become underscores');
  await t.rejects(peel('a,,c\n'), { code: 'header_invalid', message: /column 2 / });
  await t.rejects(peel('a,"b\n1,2\n'), { code: 'unbalanced_quote' });
  await t.rejects(peel(Buffer.from([0x61, 0x2c, 0xe9, 0x0a])), { code: 'unsupported_encoding' });
  t.match(
    await peel(Buffer.from([0x61, 0x2c, 0xe9, 0x0a]), {
      dialect: completeDialect({ encoding: 'latin1' }),
    }),
    {
      columns: ['a', 'é'],
    },
  );
});

t.test('what is not plain CSV is refused by name', async (t) => {
  const cases: [bytes: number[], code: string, message: RegExp][] = [
    [[0x1f, 0x8b, 8, 0, 0], 'unsupported_format', /gzip/],
    [[0x28, 0xb5, 0x2f, 0xfd, 0], 'unsupported_format', /zstd/],
    [[0x50, 0x4b, 3, 4, 0], 'unsupported_format', /zip/],
    [[0x50, 0x41, 0x52, 0x31, 0], 'unsupported_format', /Parquet/],
    [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], 'unsupported_format', /xz/],
    [[0x61, 0, 0x2c, 0, 0x62, 0], 'unsupported_encoding', /NUL/],
  ];
  for (const [bytes, code, message] of cases) await t.rejects(peel(Buffer.from(bytes)), { code, message });
});
