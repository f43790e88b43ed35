import t from 'tap';
import { holdLock } from './hold-lock.js';
import { type Stack, startStack } from './stack.js';
import { startWorkerProcess } from './worker-process.js';

const ROWS = 100_000;
const TAKEOVER_MS = 30_000;

t.setTimeout(240_000);

/** A source of many small parts, and a worker process that has copied some of them. */
async function startCopying(t: Tap, variables: Record<string, string> = {}) {
  const stack = await startStack(t, { backend: 'redis', hasWorker: false });
  await stack.sql('CREATE TABLE thing (id int PRIMARY KEY, name text)');
  await stack.sql(`INSERT INTO thing VALUES (-1, 'old')`);
  const rows = Array.from({ length: ROWS }, (_, id) => `${id},row ${id}\n`);
  await stack.put('large.csv', `id,name\n${rows.join('')}`);
  const settings = { COPYDOCK_PART_SIZE: '8KiB', COPYDOCK_BUFFER_MEMORY: '1MiB', ...variables };
  const first = await startWorkerProcess(t, stack, settings);
  const path = `s3://${stack.source}/large.csv`;
  const { id } = await stack.post({
    load_type: 'full',
    data_set: 'thing',
    path,
    commit_strategy: 'delete_insert',
  });
  const lock = await holdCopying(t, stack, id);
  return { stack, first, id, settings, lock };
}
type Tap = Parameters<typeof startStack>[0];

/** Locks the staging table once some parts are in it: no more are copied. */
async function holdCopying(t: Tap, stack: Stack, id: string) {
  await stack.waitUntil(id, ({ staging_prefix }) => staging_prefix !== null);
  const [plan] = await stack.sql('SELECT staging_table AS name FROM copydock.plans');
  const table = `copydock.${plan?.name}`;
  await stack.waitUntilSql(`SELECT to_regclass('${table}_ledger') IS NOT NULL AS done`);
  await stack.waitUntilSql(`SELECT count(*) > 5 AS done FROM ${table}_ledger`);
  return holdLock(t, stack, table);
}

/** Part rows as the ended worker left them, by number. */
async function readStaged(stack: Stack) {
  return stack.sql(
    `SELECT p.part, p.etag, p.xmin::text AS written FROM copydock.parts p WHERE p.etag IS NOT NULL ORDER BY p.part`,
  );
}

async function checkTakenOver(
  t: Tap,
  stack: Stack,
  id: string,
  staged: Record<string, unknown>[],
): Promise<void> {
  const load = await stack.waitUntilDone(id);
  t.match(load, { status: 'succeeded', attempt: 1, receipt: { read: ROWS, loaded: ROWS, deleted: 1 } });
  const now = await readStaged(stack);
  t.ok(
    now.length > staged.length && staged.length > 5,
    `${staged.length} of ${now.length} parts were staged`,
  );
  t.strictSame(now.slice(0, staged.length), staged, 'what was staged was not read or staged again');
  t.strictSame(
    await stack.sql(
      `SELECT count(*)::int AS n, count(*) FILTER (WHERE name = 'row ' || id)::int AS whole FROM thing`,
    ),
    [{ n: ROWS, whole: ROWS }],
  );
  t.strictSame(await stack.sql('SELECT load_id FROM copydock.committed_loads'), [{ load_id: id }]);
  t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
}

t.test(
  'a worker killed while it copies: another takes over within 30 s and goes on where it was',
  async (t) => {
    const { stack, first, id, settings, lock } = await startCopying(t);
    await startWorkerProcess(t, stack, settings);
    await first.end('SIGKILL');
    await lock.release();
    const killedAt = Date.now();
    const staged = (await readStaged(stack)).filter((row, index) => row.part === index);
    const [killed] = await stack.sql('SELECT lease_token AS token FROM copydock.loads');
    let token = killed?.token;
    while (token === killed?.token && Date.now() - killedAt < TAKEOVER_MS) {
      await stack.get(`/v1/loads/${id}?wait=1`);
      [{ token } = { token: null }] = (await stack.sql(
        'SELECT lease_token AS token FROM copydock.loads',
      )) as [{ token: unknown }];
    }
    t.not(token, killed?.token, `taken over after ${Date.now() - killedAt} ms`);
    await checkTakenOver(t, stack, id, staged);
  },
);

t.test('a worker told to stop while it copies gives the load back at once', async (t) => {
  const { stack, first, id, settings, lock } = await startCopying(t, { COPYDOCK_SHUTDOWN_TIMEOUT_S: '0' });
  const startedAt = Date.now();
  t.equal(await first.end('SIGTERM'), 0);
  t.ok(
    Date.now() - startedAt < 10_000,
    `ended after ${Date.now() - startedAt} ms, though it waits for a lock`,
  );
  const [load] = await stack.sql('SELECT status, lease_expires_at FROM copydock.loads');
  await lock.release();
  t.strictSame(load, { status: 'staging', lease_expires_at: null }, 'nobody holds the load');
  const staged = (await readStaged(stack)).filter((row, index) => row.part === index);
  await startWorkerProcess(t, stack, settings);
  const [{ token } = {}] = await stack.sql('SELECT lease_token AS token FROM copydock.loads');
  const isTaken = 'SELECT lease_token <> $1 AS done FROM copydock.loads'.replace('$1', String(token));
  const readyAt = Date.now();
  await stack.waitUntilSql(isTaken);
  t.ok(Date.now() - readyAt < 8_000, `taken by another after ${Date.now() - readyAt} ms`);
  await checkTakenOver(t, stack, id, staged);
});

t.test(
  'a worker killed within its transaction: its backend is ended, and the load is applied once',
  async (t) => {
    const stack = await startStack(t, { backend: 'redis', hasWorker: false });
    await stack.sql('CREATE TABLE thing (id int PRIMARY KEY, name text)');
    await stack.put('a.csv', 'id,name\n1,a\n2,b\n');
    const first = await startWorkerProcess(t, stack);
    const lock = await holdLock(t, stack, 'thing');
    const path = `s3://${stack.source}/a.csv`;
    const { id } = await stack.post({
      load_type: 'full',
      data_set: 'thing',
      path,
      commit_strategy: 'delete_insert',
    });
    await stack.waitUntil(id, ({ waiting_for }) => waiting_for?.reason === 'target');
    await first.end('SIGKILL');
    await startWorkerProcess(t, stack);
    await lock.release();
    t.match(await stack.waitUntilDone(id), { status: 'succeeded', receipt: { loaded: 2 } });
    t.strictSame(await stack.sql('SELECT count(*)::int AS n FROM copydock.committed_loads'), [{ n: 1 }]);
    t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
  },
);
