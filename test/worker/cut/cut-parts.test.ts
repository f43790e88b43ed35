import t from 'tap';
import { type CutPart, cutParts } from '../../../src/worker/cut/cut-parts.js';
import { SlabPool } from '../../../src/worker/cut/slab-pool.js';
import { type LenientSplit, splitLeniently } from '../../../src/worker/cut/split-leniently.js';
import { inChunks, randomNumbers, randomRecords } from './random-csv.js';

const QUOTE = '"'.charCodeAt(0);
const COMMA = ','.charCodeAt(0);
const LINE_ENDS = { '\n': 'lf', '\r\n': 'lf', '\r': 'cr' } as const;

interface Kept extends Omit<CutPart, 'release' | 'body'> {
  text: string;
}

interface Cut {
  partSizeBytes: number;
  slabBytes?: number;
  nextChunkSize?: () => number;
  lineEnd?: 'lf' | 'cr';
  skipsOpenQuotes?: boolean;
}

async function cut(bytes: Buffer, options: Cut) {
  const { partSizeBytes, slabBytes, nextChunkSize, lineEnd = 'lf', skipsOpenQuotes = false } = options;
  const parts: Kept[] = [];
  const pool = new SlabPool({ slabBytes: slabBytes ?? partSizeBytes, totalBytes: 1 });
  const chunks = inChunks(bytes, nextChunkSize ?? (() => 65_536));
  const cutOptions = {
    pool,
    partSizeBytes,
    scanner: { quote: QUOTE, escape: QUOTE, delimiter: COMMA, lineEnd },
    startByte: 10,
    firstLine: 2,
    location: 's3://b/k',
    signal: new AbortController().signal,
    skipsOpenQuotes,
  };
  for await (const { release, body, ...part } of cutParts(chunks, cutOptions)) {
    parts.push({ ...part, text: body.toString() });
    release();
  }
  return parts;
}

t.test(
  'parts of any size, from chunks of any size, hold whole records and together the source',
  async (t) => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const random = randomNumbers(seed);
      const [lineEnd, kind] = Object.entries(LINE_ENDS)[random(3)] ?? ['\n', 'lf'];
      const records = randomRecords(random, lineEnd);
      const source = Buffer.from(records.join(''));
      const parts = await cut(source, {
        partSizeBytes: 1 + random(60),
        slabBytes: 64,
        nextChunkSize: () => 1 + random(50),
        lineEnd: kind,
      });
      const failure = findFault(parts, records, lineEnd);
      if (failure !== null) t.fail(`seed ${seed}: ${failure}`);
    }
    t.pass('300 random sources');
  },
);

/** Against a reference that knows the records beforehand. */
function findFault(parts: Kept[], records: string[], lineEnd: string): string | null {
  const lines = (text: string) => text.split(lineEnd).length - 1;
  let done = 0;
  let startByte = 10;
  let firstLine = 2;
  for (const part of parts) {
    const expected = records.slice(done, done + part.records).join('');
    if (part.text !== expected) return `part ${JSON.stringify(part.text)} is not ${JSON.stringify(expected)}`;
    if (part.startByte !== startByte || part.firstLine !== firstLine) return `place ${JSON.stringify(part)}`;
    if (part.lineCount !== lines(expected)) return `lines ${JSON.stringify(part)}`;
    done += part.records;
    startByte += Buffer.byteLength(expected);
    firstLine += part.lineCount;
    if (part.endsObject !== (done === records.length)) return `endsObject of ${JSON.stringify(part)}`;
  }
  return done === records.length ? null : `${done} of ${records.length} records`;
}

t.test('a part is never larger than the part size, unless one record is', async (t) => {
  const source = Buffer.from(`${'x,y\n'.repeat(20)}${'z'.repeat(40)},y\n${'x,y\n'.repeat(5)}`);
  const parts = await cut(source, { partSizeBytes: 10, slabBytes: 1024 });
  t.same(
    parts.map(({ text }) => text.length),
    [...Array(10).fill(8), 63],
  );
});

t.test('an empty source gives no part, and no slab is kept', async (t) => {
  t.same(await cut(Buffer.alloc(0), { partSizeBytes: 8 }), []);
});

t.test('a quote that is never closed is refused with the line of its record', async (t) => {
  await t.rejects(cut(Buffer.from('a,b\n"c\nd",e\nf,"g\nh,i\n'), { partSizeBytes: 6 }), {
    code: 'unbalanced_quote',
    report: { line: 5, object: 's3://b/k' },
  });
});

t.test('the error names the line where the quote opened, not where its record begins', async (t) => {
  await t.rejects(cut(Buffer.from('a,b\n"c\nd","e\nf,g\nh\n'), { partSizeBytes: 6 }), {
    code: 'unbalanced_quote',
    report: { line: 4, object: 's3://b/k' },
  });
});

const NASTY = ['a', 'b', '1', ',', ',', '\n', '\n', '\n', '"', '""', '"x"', '","', ',"', '",', '"x\ny"', ' '];

t.test('with open quotes skipped, records are the same in parts of any size', async (t) => {
  let open = 0;
  for (let seed = 1; seed <= 500; seed += 1) {
    const random = randomNumbers(seed);
    const pieces = Array.from({ length: random(60) }, () => NASTY[random(NASTY.length)] ?? '');
    const source = Buffer.from(pieces.join(''));
    const whole = splitLeniently(
      source,
      { quote: QUOTE, escape: QUOTE, delimiter: COMMA, lineEnd: 'lf' },
      true,
    );
    open += whole.open.size;
    for (const partSizeBytes of [1 + random(20), 1 + random(80)]) {
      const parts = await cut(source, { partSizeBytes, slabBytes: 64, skipsOpenQuotes: true });
      const failure = findOtherSplit(parts, whole, source);
      if (failure !== null) t.fail(`seed ${seed}, ${JSON.stringify(String(source))}: ${failure}`);
    }
  }
  t.ok(open > 300, `${open} records with an open quote`);
});

/** Each part, split by itself, must give the records of the whole, with the same of them open. */
function findOtherSplit(parts: Kept[], whole: LenientSplit, source: Buffer): string | null {
  const ends: number[] = [];
  const open: number[] = [];
  let line = 2;
  for (const part of parts) {
    const body = Buffer.from(part.text);
    const options = { quote: QUOTE, escape: QUOTE, delimiter: COMMA, lineEnd: 'lf' as const };
    const split = splitLeniently(body, options, true);
    if (split.ends.length !== part.records) return `${part.records} records of ${JSON.stringify(part.text)}`;
    if (part.firstLine !== line) return `line ${part.firstLine} instead of ${line}`;
    if (split.open.size > 0 !== part.hasOpenQuotes) return `hasOpenQuotes of ${JSON.stringify(part.text)}`;
    for (const number of split.open.keys()) open.push(ends.length + number);
    ends.push(...split.ends.map((end) => end + part.startByte - 10));
    line += part.lineCount;
  }
  const found = JSON.stringify([parts.map(({ text }) => text).join(''), ends, open]);
  const expected = JSON.stringify([String(source), whole.ends, [...whole.open.keys()]]);
  return found === expected ? null : `${found} instead of ${expected}`;
}

t.test('a line that holds only \\. is told with its line, one within quotes is not', async (t) => {
  const [part] = await cut(Buffer.from('"\\."\n"\n\\.\n"\n\\.\nx\n'), { partSizeBytes: 1000 });
  t.equal(part?.markerLine, 6);
  const [crlf] = await cut(Buffer.from('x\r\n\\.\r\n'), { partSizeBytes: 1000 });
  t.equal(crlf?.markerLine, 3);
});

t.test('slabs come back when the consumer stops early', async (t) => {
  const pool = new SlabPool({ slabBytes: 8, totalBytes: 16 });
  const { signal } = new AbortController();
  const options = {
    pool,
    partSizeBytes: 8,
    scanner: { quote: QUOTE, escape: QUOTE, delimiter: COMMA, lineEnd: 'lf' as const },
    startByte: 0,
    firstLine: 1,
    location: 's3://b/k',
    signal,
  };
  for await (const part of cutParts(
    inChunks(Buffer.from('a,b\n'.repeat(10)), () => 3),
    options,
  )) {
    part.release();
    break;
  }
  const both = await Promise.all([pool.acquire(signal), pool.acquire(signal)]);
  t.equal(both.length, 2);
});
