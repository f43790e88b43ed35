import { readFile } from 'node:fs/promises';
import t from 'tap';
import { writeProgram } from '../../../scripts/build-scanner.js';
import { BlockScanner } from '../../../src/worker/cut/block-scanner.js';
import { RecordScanner, type ScannerOptions } from '../../../src/worker/cut/record-scanner.js';
import { randomNumbers } from './random-csv.js';

const OPTIONS: ScannerOptions = { quote: 34, escape: 34, delimiter: 44, lineEnd: 'lf' };
/** Line ends, quotes and delimiters stand closer together than in any file. */
const PIECES = ['a', 'ü', ' ', ',', ',', '""', '"', '"\n', '\n', ',"', '",', '\r\n', 'x'.repeat(70)];

t.test('the program is the one that its text makes', async (t) => {
  const file = new URL('../../../src/worker/cut/block-scanner-program.ts', import.meta.url);
  t.equal(await readFile(file, 'utf8'), await writeProgram());
});

t.test('blocks of 64 bytes are scanned as byte by byte, whatever the chunks', async (t) => {
  const blocks = new BlockScanner(65_536);
  for (let seed = 1; seed <= 1_000; seed += 1) {
    const random = randomNumbers(seed);
    const text = Array.from({ length: random(300) }, () => PIECES[random(PIECES.length - random(5))] ?? '');
    const start = random(70);
    const bytes = blocks.bytes.subarray(start, start + blocks.bytes.write(text.join(''), start));
    const inBlocks = new RecordScanner(OPTIONS, blocks);
    const byByte = new RecordScanner(OPTIONS);
    for (let from = 0; from < bytes.length; ) {
      const to = Math.min(bytes.length, from + 1 + random(400));
      inBlocks.scan(bytes, from, to);
      for (let at = from; at < to; at += 1) byByte.scan(bytes, at, at + 1);
      from = to;
    }
    const found = JSON.stringify(figures(inBlocks));
    const expected = JSON.stringify(figures(byByte));
    if (found !== expected) t.equal(found, expected, `seed ${seed}`);
  }
  t.pass('1,000 random texts');
});

t.test('a quote in the middle of a field is found in the midst of blocks', async (t) => {
  const blocks = new BlockScanner(1_024);
  const bytes = blocks.bytes.subarray(0, blocks.bytes.write(`${'a,"b"\n'.repeat(40)}5" pipe,"c"\n"d\n`));
  const scanner = new RecordScanner(OPTIONS, blocks);
  scanner.scan(bytes, 0, bytes.length);
  t.equal(scanner.strayQuoteLine, 40);
});

t.test('bytes that stand elsewhere are left to the caller', async (t) => {
  const blocks = new BlockScanner(1_024);
  const question = {
    quote: 34,
    delimiter: 44,
    lineEnd: 10,
    isInQuotes: false,
    beginsField: true,
    followsClose: false,
  };
  t.equal(blocks.scan(Buffer.alloc(256), 0, 256, question), null);
  t.equal(blocks.scan(blocks.bytes, 0, 63, question), null);
});

function figures(scanner: RecordScanner) {
  const { records, lines, recordEnd, linesAtRecordEnd, isInQuotes } = scanner;
  const { strayQuoteLine, mergingQuoteLine } = scanner;
  return { records, lines, recordEnd, linesAtRecordEnd, isInQuotes, strayQuoteLine, mergingQuoteLine };
}
