import t from 'tap';
import { decompress } from '../../../src/worker/read/decompress.js';
import { inChunks, randomNumbers } from '../cut/random-csv.js';
import { COMPRESSIONS } from '../formats/compress.js';

const random = randomNumbers(7);
const TEXT = Buffer.from(
  Array.from({ length: 4_000 }, (_, id) => `${id},${'ab'.repeat(random(9))},${random(1e6)}\n`).join(''),
);
const LOCATION = 's3://bucket/key';
const DAMAGE_AT = 150;
const ALGORITHMS = ['gzip', 'zstd', 'bzip2'] as const;

type Algorithm = (typeof ALGORITHMS)[number];

async function expand(bytes: Buffer, algorithm: Algorithm, nextSize = () => 10_000): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of decompress(inChunks(bytes, nextSize), algorithm, LOCATION)) pieces.push(piece);
  return Buffer.concat(pieces);
}

for (const algorithm of ALGORITHMS) {
  const pack = (content: Buffer) => COMPRESSIONS[algorithm]?.compress(content) ?? Buffer.alloc(0);
  const archive = pack(TEXT);
  const damaged = {
    code: 'archive_damaged',
    message: new RegExp(`^${LOCATION} is damaged ${algorithm}: .+\\.$`),
  };

  t.test(`${algorithm}: what was compressed comes out, whatever the chunks`, async (t) => {
    for (const size of [97, 1000, archive.length]) {
      t.ok((await expand(archive, algorithm, () => size)).equals(TEXT), `chunks of ${size}`);
    }
    const small = TEXT.subarray(0, 300);
    t.ok((await expand(pack(small), algorithm, () => 1)).equals(small), 'byte by byte');
    t.equal((await expand(pack(Buffer.alloc(0)), algorithm)).length, 0, 'an archive of nothing');
    const zeros = Buffer.alloc(3_000_000);
    t.ok((await expand(pack(zeros), algorithm)).equals(zeros), 'long runs');
  });

  t.test(`${algorithm}: archives one after another are one content`, async (t) => {
    const several = Buffer.concat([archive, pack(Buffer.from('more\n')), pack(Buffer.alloc(0)), archive]);
    const expected = Buffer.concat([TEXT, Buffer.from('more\n'), TEXT]);
    t.ok((await expand(several, algorithm)).equals(expected));
    t.ok((await expand(several, algorithm, () => 1 + random(3_000))).equals(expected));
  });

  t.test(`${algorithm}: an archive that is cut off is an error, wherever it ends`, async (t) => {
    for (let cut = 0; cut < DAMAGE_AT; cut += 1) {
      const length = 1 + Math.floor((cut * (archive.length - 1)) / DAMAGE_AT);
      await t.rejects(expand(archive.subarray(0, length), algorithm), damaged, `${length} bytes`);
    }
    await t.rejects(expand(archive.subarray(0, -1), algorithm), damaged, 'all but the last byte');
  });

  t.test(
    `${algorithm}: an archive with a wrong bit gives an error or its content, never another`,
    async (t) => {
      let errors = 0;
      for (let flip = 0; flip < DAMAGE_AT; flip += 1) {
        const bytes = Buffer.from(archive);
        const at = Math.floor((flip * bytes.length) / DAMAGE_AT);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
        const content = await expand(bytes, algorithm).catch((error: { code?: string }) => {
          t.equal(error.code, 'archive_damaged', `byte ${at}: ${String(error)}`);
          errors += 1;
          return TEXT;
        });
        t.ok(content.equals(TEXT), `byte ${at}`);
      }
      t.ok(errors > DAMAGE_AT / 2, `${errors} of ${DAMAGE_AT} are noticed`);
    },
  );

  t.test(`${algorithm}: other bytes behind the archive are an error`, async (t) => {
    const small = pack(Buffer.from('a,b\n'));
    for (const rest of ['\0', '\0\0\0\0\0\0', 'x', 'more text\n']) {
      const bytes = Buffer.concat([small, Buffer.from(rest)]);
      for (const size of [1, small.length, bytes.length]) {
        await t.rejects(
          expand(bytes, algorithm, () => size),
          damaged,
          `${JSON.stringify(rest)} by ${size}`,
        );
      }
    }
  });

  t.test(`${algorithm}: a small archive of much comes out in bounded pieces`, async (t) => {
    const bomb = pack(Buffer.alloc(64 * 1024 * 1024));
    let total = 0;
    let largest = 0;
    for await (const piece of decompress(
      inChunks(bomb, () => 65_536),
      algorithm,
      LOCATION,
    )) {
      total += piece.length;
      largest = Math.max(largest, piece.length);
    }
    t.equal(total, 64 * 1024 * 1024, `of ${bomb.length} bytes`);
    t.ok(largest <= 2 * 1024 * 1024, `pieces of at most ${largest} bytes`);
  });
}
