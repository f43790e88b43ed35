import t from 'tap';
import { ByteReader } from '../../../src/worker/read/byte-reader.js';
import { takeLines } from '../../../src/worker/read/take-lines.js';
import { inChunks } from '../cut/random-csv.js';

async function firstLines(text: string, sizeBytes: number): Promise<string> {
  return (await takeLines(new ByteReader(inChunks(Buffer.from(text), () => 3)), sizeBytes)).toString();
}

t.test('whole lines only, and at least one that is not blank', async (t) => {
  t.equal(await firstLines('{"a":1}\n{"a":2}\n{"a":3}\n', 18), '{"a":1}\n{"a":2}\n');
  t.equal(await firstLines(`{"a":"${'x'.repeat(100)}"}\n{}\n`, 10), `{"a":"${'x'.repeat(100)}"}\n{}\n`);
  t.equal(
    await firstLines(`\n \n\n\n\n\n\n\n\n{"a":1}\n${'{}\n'.repeat(20)}`, 4),
    '\n \n\n\n\n\n\n\n\n{"a":1}\n{}\n{}\n{}\n{}\n',
  );
});

t.test('all that is there, where nothing follows', async (t) => {
  t.equal(await firstLines('{"a":1}\n{"a":2}', 15), '{"a":1}\n{"a":2}');
  t.equal(await firstLines('{"a":1}', 100), '{"a":1}');
  t.equal(await firstLines('\n\n', 1), '\n\n');
  t.equal(await firstLines('', 1), '');
});
