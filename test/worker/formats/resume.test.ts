import t, { type Test } from 'tap';
import { holdLock } from '../hold-lock.js';
import { type Stack, startStack } from '../stack.js';
import { startWorkerProcess } from '../worker-process.js';
import { COMPRESSIONS } from './compress.js';
import { makeParquet } from './parquet.js';

const ROWS = 12_000;
/** What an environment has by default. */
const PARALLELISM = 2;
const LOADS_PER_WORKER = 2;
const SETTINGS = { COPYDOCK_PART_SIZE: '8KiB', COPYDOCK_BUFFER_MEMORY: '4MiB' };
const numbers = Array.from({ length: ROWS }, (_, id) => id);
const compress = (name: string, text: string) =>
  COMPRESSIONS[name]?.compress(Buffer.from(text)) ?? Buffer.alloc(0);

/** By data set. `nothing` is NULL in each, by whatever the format has for it. */
const SOURCES: Record<string, { key: string; body(): Buffer | Promise<Buffer>; csv?: object }> = {
  csv_gzip: {
    key: 'a.csv.gz',
    body: () => compress('gzip', `id,name,nothing\n${numbers.map((id) => `${id},row ${id},\n`).join('')}`),
  },
  csv_nulls: {
    key: 'a.csv',
    body: () => Buffer.from(`id,name,nothing\n${numbers.map((id) => `${id},row ${id},NULL\n`).join('')}`),
    csv: { null_string: 'NULL' },
  },
  csv_utf16: {
    key: 'wide.csv',
    body: () =>
      Buffer.from(`\ufeffid,name,nothing\n${numbers.map((id) => `${id},row ${id},\n`).join('')}`, 'utf16le'),
  },
  jsonl_zstd: {
    key: 'a.jsonl.zst',
    body: () =>
      compress('zstd', numbers.map((id) => `{"id":${id},"name":"row ${id}","nothing":null}\n`).join('')),
  },
  parquet: {
    key: 'a.parquet',
    body: () =>
      makeParquet(
        `SELECT range AS id, 'row ' || range AS name, NULL::INTEGER AS nothing FROM range(${ROWS})`,
        ', ROW_GROUP_SIZE 2048',
      ),
  },
};

t.setTimeout(300_000);

t.test(
  'a worker killed while it copies what it decodes: the next one stages and copies the rest once',
  async (t) => {
    const stack = await startStack(t, { backend: 'redis', hasWorker: false, patienceMs: 200_000 });
    const names = Object.keys(SOURCES);
    for (const name of names) await prepare(stack, name);
    const first = await startWorkers(t, stack, names.length / LOADS_PER_WORKER);
    const loads = new Map<string, string>();
    const locks: { release(): Promise<void> }[] = [];
    for (const name of names) {
      const { key, csv } = SOURCES[name] ?? { key: '' };
      const request = {
        load_type: 'full',
        data_set: name.replace('_', '-'),
        path: `s3://${stack.source}/${key}`,
      };
      const { id } = await stack.post({ ...request, commit_strategy: 'delete_insert', ...(csv && { csv }) });
      loads.set(name, id);
      locks.push(await stopHalfWay(t, stack, id));
    }
    await Promise.all(first.map((worker) => worker.end('SIGKILL')));
    const before = new Map<string, Record<string, unknown>[]>();
    for (const [name, id] of loads) before.set(name, await readParts(stack, id));
    for (const lock of locks) await lock.release();
    await startWorkers(t, stack, 2);
    for (const [name, id] of loads) {
      await t.test(name, (t) => checkResumed(t, stack, name, id, before.get(name) ?? []));
    }
    t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
  },
);

async function startWorkers(t: Test, stack: Stack, count: number) {
  return Promise.all(Array.from({ length: Math.ceil(count) }, () => startWorkerProcess(t, stack, SETTINGS)));
}

async function prepare(stack: Stack, name: string): Promise<void> {
  const source = SOURCES[name];
  if (source === undefined) throw new Error(`no source ${name}`);
  await stack.sql(`CREATE TABLE ${name} (id int PRIMARY KEY, name text, nothing int)`);
  await stack.put(source.key, await source.body());
}

/** Locks the staging table once parts are in it, and waits until one part is cut that has no room to be staged. */
async function stopHalfWay(t: Test, stack: Stack, id: string) {
  await stack.waitUntil(id, ({ staging_prefix }) => staging_prefix !== null);
  const [plan] = await stack.sql('SELECT id, staging_table AS name FROM copydock.plans WHERE load_id = $1', [
    id,
  ]);
  const table = `copydock.${plan?.name}`;
  await stack.waitUntilSql(`SELECT to_regclass('${table}_ledger') IS NOT NULL AS done`);
  await stack.waitUntilSql(`SELECT count(*) > 2 AS done FROM ${table}_ledger`);
  const lock = await holdLock(t, stack, table);
  await stack.waitUntilSql(
    `SELECT count(*) FILTER (WHERE etag IS NULL) = 1
        AND count(*) FILTER (WHERE etag IS NOT NULL) = (SELECT count(*) FROM ${table}_ledger) + ${PARALLELISM} AS done
       FROM copydock.parts WHERE plan_id = '${plan?.id}'`,
  );
  return lock;
}

/** All but ETag and version of what was not staged. */
async function readParts(stack: Stack, id: string) {
  return stack.sql(
    `SELECT part, start_byte, size_bytes, records, etag, CASE WHEN etag IS NOT NULL THEN p.xmin::text END AS written
       FROM copydock.parts p JOIN copydock.plans ON plans.id = p.plan_id WHERE load_id = $1 ORDER BY part`,
    [id],
  );
}

async function checkResumed(
  t: Test,
  stack: Stack,
  name: string,
  id: string,
  before: Record<string, unknown>[],
): Promise<void> {
  const load = await stack.waitUntilDone(id);
  t.match(
    load,
    { status: 'succeeded', attempt: 1, error: null, receipt: { read: ROWS, loaded: ROWS } },
    JSON.stringify(load.error),
  );
  const after = await readParts(stack, id);
  t.ok(
    after.length > before.length && before.length >= 6,
    `${before.length} of ${after.length} parts were cut`,
  );
  const staged = before.filter(({ etag }) => etag !== null);
  t.equal(staged.length, before.length - 1);
  t.strictSame(after.slice(0, staged.length), staged, 'what was staged was not staged again');
  const cut = (parts: Record<string, unknown>[]) =>
    parts.map(({ part, start_byte, size_bytes, records }) => ({ part, start_byte, size_bytes, records }));
  t.strictSame(cut(after.slice(0, before.length)), cut(before), 'what was cut was not cut otherwise');
  t.strictSame(
    await stack.sql(
      `SELECT count(*)::int AS n, count(*) FILTER (WHERE name = 'row ' || id)::int AS whole, count(nothing)::int AS other FROM ${name}`,
    ),
    [{ n: ROWS, whole: ROWS, other: 0 }],
  );
}
