import t from 'tap';
import { holdLock } from '../hold-lock.js';
import { type Body, startStack } from '../stack.js';
import { startWorkerProcess } from '../worker-process.js';

const RECORDS = 2_000;
/** Every tenth record has no number. */
const BAD_EVERY = 10;
const PAGE = 1_000;

t.setTimeout(240_000);

t.test('workers killed while they keep rejects: others go on, and each reject is kept once', async (t) => {
  const stack = await startStack(t, { backend: 'redis', hasWorker: false });
  await stack.sql('CREATE TABLE thing (id int PRIMARY KEY, n int CHECK (n > 0))');
  const records = Array.from({ length: RECORDS }, (_, id) => `${id},${id % BAD_EVERY === 0 ? -1 : id}\n`);
  await stack.put('thing.csv', `id,n\n${records.join('')}`);
  const settings = {
    COPYDOCK_PART_SIZE: '1KiB',
    COPYDOCK_BUFFER_MEMORY: '1MiB',
    COPYDOCK_LEASE_S: '3',
  };
  const waitsFor = (table: string) =>
    stack.waitUntilSql(
      `SELECT count(*) > 0 AS done FROM pg_locks WHERE NOT granted AND relation = '${table}'::regclass`,
    );

  const first = await startWorkerProcess(t, stack, settings);
  const path = `s3://${stack.source}/thing.csv`;
  const { id } = await stack.post({ load_type: 'full', data_set: 'thing', path, on_error: 'skip' });
  await stack.waitUntil(id, ({ staging_prefix }) => staging_prefix !== null);
  const [plan] = await stack.sql('SELECT staging_table AS name FROM copydock.plans');
  const staging = `copydock.${plan?.name}`;
  await stack.waitUntilSql(`SELECT to_regclass('${staging}_ledger') IS NOT NULL AS done`);
  await stack.waitUntilSql(`SELECT count(*) > 2 AS done FROM ${staging}_ledger`);
  const whileCopying = await holdLock(t, stack, `${staging}_rejects`, 'SHARE');
  await waitsFor(`${staging}_rejects`);
  await first.end('SIGKILL');
  const whileMoving = await holdLock(t, stack, 'copydock.rejects', 'SHARE');
  await whileCopying.release();

  const second = await startWorkerProcess(t, stack, settings);
  await waitsFor('copydock.rejects');
  await second.end('SIGKILL');
  await whileMoving.release();

  await startWorkerProcess(t, stack, settings);
  const load = await stack.waitUntilDone(id);
  t.equal(load.status, 'succeeded', JSON.stringify(load.error));
  const rejected = RECORDS / BAD_EVERY;
  t.match(load.receipt, {
    read: RECORDS,
    loaded: RECORDS - rejected,
    rejected,
    filtered: 0,
    deduplicated: 0,
  });
  const page = await stack.get(`/v1/loads/${id}/rejects?limit=${PAGE}`);
  t.equal(page.rejected, rejected);
  t.strictSame(
    page.items.map(({ seq, line, record }: Body) => [seq, line, record]),
    Array.from({ length: rejected }, (_, nth) => [nth + 1, nth * BAD_EVERY + 2, `${nth * BAD_EVERY},-1`]),
  );
  t.strictSame(await stack.sql('SELECT count(*)::int AS n FROM thing'), [{ n: RECORDS - rejected }]);
  const tokens = await stack.sql('SELECT lease_token > 2 AS "hadThreeOwners" FROM copydock.loads');
  t.strictSame(tokens, [{ hadThreeOwners: true }]);
  t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
});
