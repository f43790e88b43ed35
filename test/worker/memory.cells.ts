import t from 'tap';
import { type LargeSource, PAYLOADS, putLargeObject, putManyObjects } from './large-source.js';
import { type Body, type Stack, startStack } from './stack.js';
import { startWorkerProcess } from './worker-process.js';

const SOURCE_BYTES = 500_000_000;
const MAX_MEMORY_MIB = 300;

t.setTimeout(600_000);

t.test('500 MB load within 300 MiB of memory, whole and in 500 objects', async (t) => {
  const stack = await startStack(t, { backend: 'redis', hasWorker: false, patienceMs: 240_000 });
  await stack.sql('CREATE TABLE large (id bigint PRIMARY KEY, name text, payload text)');
  const worker = await startWorkerProcess(t, stack, { COPYDOCK_DIRECT_MAX_SIZE: '1GiB' });
  const check = async (name: string, load: Body, source: LargeSource) => {
    t.match(load, { status: 'succeeded', error: null, receipt: { read: source.rows, loaded: source.rows } });
    t.match(load.receipt, { source_bytes: source.sizeBytes });
    await checkRows(t, stack, source.rows);
    const peakMiB = await worker.peakMemoryMiB();
    t.comment(
      `${name}: ${JSON.stringify(load.receipt?.seconds)}, ${load.receipt?.parts} parts, VmHWM ${peakMiB.toFixed(0)} MiB`,
    );
    t.ok(peakMiB < MAX_MEMORY_MIB, `${peakMiB.toFixed(0)} MiB of memory`);
  };

  const one = await putLargeObject(stack.source, 'one.csv', SOURCE_BYTES);
  const staged = await stack.load({ ...request(stack, 'one.csv'), commit_strategy: 'delete_insert' });
  await check('one object, delete_insert', staged, one);

  const many = await putManyObjects(stack.source, 'many/', SOURCE_BYTES, 500);
  t.equal(many.objects, 500);
  const direct = await stack.load({ ...request(stack, 'many/'), commit_strategy: 'direct' });
  await check('500 objects, direct', direct, many);
  t.equal(direct.receipt.deleted, one.rows);
  t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
});

function request(stack: Stack, key: string) {
  return { load_type: 'full', data_set: 'large', path: `s3://${stack.source}/${key}` };
}

/** Every row must be there, once (the key sees to that), and hold what was written. */
async function checkRows(t: Tap, stack: Stack, rows: number): Promise<void> {
  const [found] = await stack.sql(
    `SELECT count(*)::int AS rows, min(id)::int AS first, max(id)::int AS last,
            (count(*) FILTER (WHERE name = 'row ' || id AND payload = ($1::text[])[id % 16 + 1]))::int AS whole
       FROM large`,
    [PAYLOADS],
  );
  t.strictSame(found, { rows, first: 0, last: rows - 1, whole: rows });
}
type Tap = Parameters<typeof startStack>[0];
