import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { COMPRESSIONS } from '../worker/formats/compress.js';
import { makeParquet } from '../worker/formats/parquet.js';
import { CSV, JSON_LINES, PARQUET, PARQUET_ROWS, PLACES, ROWS, TABLE } from '../worker/formats/places.js';
import { type Body, type Stack, startStack } from '../worker/stack.js';
import { APPLY_CELLS } from './apply-cells.js';
import { useServer } from './server.js';

/** What one server made of each cell. */
export interface PlayedVersion {
  version: string;
  cells: { name: string; ok: boolean }[];
}

const PARQUET_CODECS = ['uncompressed', 'snappy', 'zstd', 'gzip'];

/** Plays every cell on a server of that version, whose programs stand in `programs`. */
export async function playMatrix(version: string, programs: string | undefined): Promise<void> {
  t.setTimeout(900_000);
  await useServer(t, programs);
  await t.test(`loads on PostgreSQL ${version}`, async (t) => {
    const tables = new Map([['public.split', { scopeColumn: 'kind', lockTarget: false }]]);
    const worker = { partSizeBytes: 64, bufferBytes: 16 * 1024 };
    const stack = await startStack(t, { backend: 'redis', worker, tables });
    const [server] = await stack.sql(`SELECT current_setting('server_version') AS version`);
    t.match(server?.version, new RegExp(`^${version}\\b`), 'the server is of that version');
    const played: PlayedVersion = { version, cells: [] };
    const play = async (name: string, work: (t: Test) => Promise<void>) => {
      const results = await t.test(name, work);
      played.cells.push({ name, ok: results?.ok === true });
    };
    await playFormats(stack, play);
    for (const [name, work] of Object.entries(APPLY_CELLS)) await play(name, (t) => work(t, stack));
    t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
    const folder = process.env.VERSIONS_REPORT;
    if (folder !== undefined) await writeFile(join(folder, `${version}.json`), JSON.stringify(played));
  });
}

type Play = (name: string, work: (t: Test) => Promise<void>) => Promise<void>;

async function playFormats(stack: Stack, play: Play): Promise<void> {
  await stack.sql(TABLE);
  const load = async (t: Test, key: string, body: Buffer, rows: unknown[]) => {
    await stack.put(key, body);
    const path = `s3://${stack.source}/${key}`;
    const done: Body = await stack.load({ load_type: 'full', data_set: 'place', path });
    t.match(done, { status: 'succeeded', receipt: { read: 4, loaded: 4 } }, JSON.stringify(done.error));
    t.strictSame(await stack.sql(PLACES), rows);
  };
  for (const [format, text] of Object.entries({ csv: CSV, jsonl: JSON_LINES })) {
    for (const [compression, { ending, compress }] of Object.entries(COMPRESSIONS)) {
      const body = compress(Buffer.from(text));
      await play(`${format}, ${compression}`, (t) => load(t, `place.${format}${ending}`, body, ROWS));
    }
  }
  for (const codec of PARQUET_CODECS) {
    const body = await makeParquet(PARQUET, `, COMPRESSION ${codec}`);
    await play(`parquet, ${codec}`, (t) => load(t, `${codec}.parquet`, body, PARQUET_ROWS));
  }
}
