import t from 'tap';
import { listTestObjects, putTestObject } from '../services/s3.js';
import { holdLock } from './hold-lock.js';
import { type Stack, startStack } from './stack.js';

const CLEAN = { objects: [], tables: [], transactions: [] };
const NEIGHBOURS = [
  'tmp/postgres-copy-2/x',
  'tmp/postgres-copy/other-1700000000-deadbeef/part-0',
  'tmp/postgres-copy/thing-1700000000-deadbeef/part-000000.csv',
  'tmp/postgres-copy/thing',
];

async function startThings(t: Tap, options: Parameters<typeof startStack>[1] = {}): Promise<Stack> {
  const stack = await startStack(t, { backend: 'redis', ...options });
  await stack.sql('CREATE TABLE thing (id int PRIMARY KEY, name text)');
  await stack.sql(`INSERT INTO thing VALUES (1, 'old')`);
  await stack.put('a.csv', 'id,name\n1,new\n2,new\n');
  return stack;
}
type Tap = Parameters<typeof startStack>[0];

function request(stack: Stack, more: object = {}) {
  return { load_type: 'full', data_set: 'thing', path: `s3://${stack.source}/a.csv`, ...more };
}

async function checkUntouched(t: Tap, stack: Stack): Promise<void> {
  t.strictSame(await stack.sql('SELECT * FROM thing'), [{ id: 1, name: 'old' }]);
  t.strictSame(await stack.litter(), CLEAN);
}

t.test('a queued load is cancelled at once, and is run when it is retried', async (t) => {
  const stack = await startThings(t, { hasWorker: false });
  const { id } = await stack.post(request(stack));
  t.match(await stack.tell(id, 'cancel'), {
    http: 200,
    status: 'cancelled',
    done: true,
    cleanup: { status: 'done' },
  });
  t.match(await stack.tell(id, 'cancel'), { http: 200, status: 'cancelled' }, 'again changes nothing');
  await stack.startWorker(t);
  const other = await stack.load(request(stack, { load_type: 'sample' }));
  t.equal(other.status, 'succeeded', 'the worker works');
  await checkUntouched(t, stack);
  t.match(await stack.tell(id, 'retry'), { http: 202, status: 'queued' });
  const retried = await stack.waitUntilDone(id);
  t.match(retried, { status: 'succeeded', attempt: 2, receipt: { loaded: 2 } });
  t.match(await stack.tell(id, 'cancel'), { http: 200, status: 'succeeded', attempt: 2 }, 'an end stays');
});

t.test('a load that waits for a lock in the middle of its transaction is cancelled', async (t) => {
  const stack = await startThings(t);
  const lock = await holdLock(t, stack, 'thing');
  const { id } = await stack.post(request(stack, { commit_strategy: 'direct' }));
  const waiting = await stack.waitUntil(id, ({ waiting_for }) => waiting_for?.reason === 'target');
  t.match(waiting, { status: 'copying', waiting_for: { detail: /^a lock held by pid \d+.* since 2/ } });
  t.match(await stack.tell(id, 'cancel'), { http: 202 });
  const cancelled = await stack.waitUntilDone(id);
  t.match(cancelled, { status: 'cancelled', error: null, receipt: null, cleanup: { status: 'done' } });
  t.equal(cancelled.waiting_for, null);
  await lock.release();
  await checkUntouched(t, stack);
  await stack.tell(id, 'retry');
  t.match(await stack.waitUntilDone(id), { status: 'succeeded', attempt: 2 });
});

t.test('a load is cancelled while its parts are copied', async (t) => {
  const stack = await startThings(t, { worker: { partSizeBytes: 4096, bufferBytes: 65_536 } });
  const rows = Array.from({ length: 600_000 }, (_, id) => `${id},row ${id}\n`);
  await stack.put('large.csv', `id,name\n${rows.join('')}`);
  const path = `s3://${stack.source}/large.csv`;
  const { id } = await stack.post(request(stack, { path, commit_strategy: 'delete_insert' }));
  await stack.waitUntil(id, ({ progress }) => progress?.parts_copied > 3);
  t.match(await stack.tell(id, 'cancel'), { http: 202 });
  const cancelled = await stack.waitUntilDone(id);
  t.match(cancelled, { status: 'cancelled', cleanup: { status: 'done' } });
  const { bytes_read, source_bytes } = cancelled.progress;
  t.ok(bytes_read < source_bytes, `${bytes_read} of ${source_bytes} bytes were read`);
  await checkUntouched(t, stack);
});

t.test('from its commit on a load is not cancelled any more', async (t) => {
  const stack = await startThings(t);
  const lock = await holdLock(t, stack, 'thing');
  const { id } = await stack.post(request(stack, { commit_strategy: 'delete_insert' }));
  await stack.waitUntil(id, ({ status }) => status === 'committing');
  t.match(await stack.tell(id, 'cancel'), { http: 409, code: 'load_not_cancellable' });
  await lock.release();
  t.match(await stack.waitUntilDone(id), { status: 'succeeded', receipt: { loaded: 2, deleted: 1 } });
});

t.test('what stands beside the staging prefix survives every end of a load', async (t) => {
  const stack = await startThings(t);
  for (const key of NEIGHBOURS) await putTestObject(stack.staging, key, 'somebody else');
  const lock = await holdLock(t, stack, 'thing');
  const earlier = await stack.post(request(stack));
  await stack.waitUntil(earlier.id, ({ waiting_for }) => waiting_for?.reason === 'target');
  const { id } = await stack.post(request(stack));
  await stack.waitUntil(id, ({ waiting_for }) => waiting_for?.reason === 'earlier_load');
  t.ok((await listTestObjects(stack.staging)).length > NEIGHBOURS.length, 'a part is staged');
  await stack.tell(id, 'cancel');
  t.equal((await stack.waitUntilDone(id)).status, 'cancelled');
  t.same((await listTestObjects(stack.staging)).sort(), NEIGHBOURS.toSorted(), 'after a cancel');
  await lock.release();
  t.equal((await stack.waitUntilDone(earlier.id)).status, 'succeeded');

  t.equal((await stack.load(request(stack))).status, 'succeeded');
  t.same((await listTestObjects(stack.staging)).sort(), NEIGHBOURS.toSorted(), 'after success');

  await stack.put('a.csv', 'id,name\nx,bad\n');
  t.equal((await stack.load(request(stack))).status, 'failed');
  t.same((await listTestObjects(stack.staging)).sort(), NEIGHBOURS.toSorted(), 'after a failure');
});
