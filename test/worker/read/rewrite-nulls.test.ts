import t from 'tap';
import { rewriteNulls } from '../../../src/worker/read/rewrite-nulls.js';
import { inChunks, randomNumbers } from '../cut/random-csv.js';

const DIALECT = {
  delimiter: ',',
  quote: '"',
  escape: '"',
  nullString: 'NULL',
  hasHeader: true,
  columns: null,
  encoding: 'UTF8',
};

function fives(): number {
  return 5;
}

async function rewrite(
  text: string,
  { lineEnd = 'lf' as const, isForced = [false, true], dialect = DIALECT, nextSize = fives } = {},
): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of rewriteNulls(inChunks(Buffer.from(text), nextSize), {
    dialect,
    lineEnd,
    isForced,
  }))
    pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const CASES: [string, string, string][] = [
  ['the null string becomes the empty field', 'NULL,NULL\n', ',\n'],
  ['an empty field becomes a quoted empty one', ',\n', '"",""\n'],
  ['the quoted null string is text, and NULL where the column is not text', '"NULL","NULL"\n', '"NULL",\n'],
  ['a quoted empty field stays', '"",""\n', '"",""\n'],
  ['what only holds the null string stays', 'NULLS,xNULL\nnull, NULL\n', 'NULLS,xNULL\nnull, NULL\n'],
  ['within quotes nothing is a field', '"a,NULL,\nNULL","b""NULL"\n', '"a,NULL,\nNULL","b""NULL"\n'],
  ['CRLF stays', 'NULL,\r\nx,NULL\r\n', ',""\r\nx,\r\n'],
  ['the last line may lack its end', 'a,NULL', 'a,'],
  ['the last line may end with an empty field', 'a,', 'a,""'],
  ['a last line of nothing but NULL stays a record', 'a\nNULL', 'a\n\n'],
  ['a last line of nothing but NULL ends as those before it', 'a\r\nNULL', 'a\r\n\r\n'],
];

for (const [name, text, expected] of CASES) {
  t.test(name, async (t) => {
    for (const size of [1, 2, 3, 5, 100]) t.equal(await rewrite(text, { nextSize: () => size }), expected);
  });
}

t.test('an escape of its own keeps a quote within the field', async (t) => {
  const dialect = { ...DIALECT, escape: '\\' };
  t.equal(await rewrite('"a\\",NULL,\\\\",NULL\n', { dialect }), '"a\\",NULL,\\\\",\n');
});

t.test('chunks never matter', async (t) => {
  const random = randomNumbers(3);
  const pieces = ['NULL', '"NULL"', '', '""', 'NUL', '"x,\n"', 'NULLNULL', '"a""b"', 'long'.repeat(5)];
  for (let round = 0; round < 200; round += 1) {
    const field = () => pieces[random(pieces.length)] ?? '';
    const text = Array.from({ length: 12 }, () => `${field()},${field()}\n`).join('');
    const whole = await rewrite(text, { nextSize: () => text.length });
    t.equal(await rewrite(text, { nextSize: () => 1 + random(9) }), whole, JSON.stringify(text));
  }
});

t.test('a field without an end is handed on as it comes', async (t) => {
  let fed = 0;
  async function* endless() {
    yield Buffer.from('a,"');
    for (; fed < 100; fed += 1) yield Buffer.alloc(1000, 'x');
  }
  for await (const piece of rewriteNulls(endless(), { dialect: DIALECT, lineEnd: 'lf', isForced: [] })) {
    if (piece.length > 500) break;
  }
  t.ok(fed < 5, `after ${fed} chunks`);
});
