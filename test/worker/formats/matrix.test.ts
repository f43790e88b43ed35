import t, { type Test } from 'tap';
import { startStack } from '../stack.js';
import { COMPRESSIONS } from './compress.js';
import { makeParquet } from './parquet.js';
import { CSV, JSON_LINES, PARQUET, PARQUET_ROWS, PLACES, ROWS, TABLE } from './places.js';

t.test(
  'every format and compression loads the same rows, by the name and by the content alone',
  async (t) => {
    const stack = await startStack(t, {
      backend: 'redis',
      worker: { partSizeBytes: 64, bufferBytes: 16 * 1024 },
    });
    await stack.sql(TABLE);
    const load = async (t: Test, key: string, body: Buffer, more = {}) => {
      await stack.put(key, body);
      const done = await stack.load({
        load_type: 'full',
        data_set: 'place',
        path: `s3://${stack.source}/${key}`,
        ...more,
      });
      t.match(
        done,
        { status: 'succeeded', error: null, receipt: { read: 4, loaded: 4 } },
        JSON.stringify(done.error),
      );
      const rows = await stack.sql(PLACES);
      t.strictSame(rows, key.endsWith('.parquet') ? PARQUET_ROWS : ROWS);
      return done;
    };
    for (const [compression, { ending, compress }] of Object.entries(COMPRESSIONS)) {
      for (const [format, text] of [
        ['csv', CSV],
        ['jsonl', JSON_LINES],
      ] as const) {
        const body = compress(Buffer.from(text));
        await t.test(`${format}, ${compression}`, (t) =>
          load(t, `place.${format}${ending}`, body).then(() => {}),
        );
        await t.test(`${format}, ${compression}, without a telling name`, async (t) => {
          const done = await load(t, `${compression}/${format}-0000`, body, {
            commit_strategy: 'delete_insert',
          });
          t.strictSame(done.warnings, []);
        });
      }
      await t.test(`csv in UTF-16, ${compression}`, (t) =>
        load(t, `wide.csv${ending}`, compress(Buffer.from(`\ufeff${CSV}`, 'utf16le'))).then(() => {}),
      );
    }
    for (const codec of ['snappy', 'zstd', 'gzip', 'uncompressed']) {
      const body = await makeParquet(PARQUET, `, COMPRESSION ${codec}`);
      await t.test(`parquet, ${codec}`, (t) => load(t, `parquet/${codec}.parquet`, body).then(() => {}));
    }
    t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
  },
);
