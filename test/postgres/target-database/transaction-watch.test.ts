import t from 'tap';
import { createPool } from '../../../src/postgres/pool.js';
import { classifyDatabaseError } from '../../../src/postgres/sqlstate.js';
import { inTargetTransaction } from '../../../src/postgres/target-database/session.js';
import { TcpProxy } from '../../faults/harness/tcp-proxy.js';
import { createTestDatabase, withClient } from '../../services/database.js';

t.setTimeout(180_000);
t.jobs = 3;

/** A target behind a proxy, and how many rows its table has. */
async function startTarget(t: Tap) {
  const direct = await createTestDatabase(t, { migrated: false });
  await withClient(direct, (client) => client.query('CREATE TABLE thing (id int)'));
  const proxy = await TcpProxy.start(Number(new URL(direct).port), 'postgres');
  t.teardown(() => proxy.close());
  const pool = createPool(proxy.url(direct), { applicationName: 'copydock', max: 3 });
  t.teardown(() => pool.end());
  const run = (statement: string, onBegun: () => void = () => {}) => {
    const options = { schema: 'public', lockTimeoutMs: 1_000, signal: new AbortController().signal };
    return inTargetTransaction(
      pool,
      { ...options, identity: { loadId: 'a', leaseToken: 1 } },
      async (client) => {
        onBegun();
        await client.query(statement);
      },
    );
  };
  const count = () =>
    withClient(
      direct,
      async (client) => (await client.query('SELECT count(*)::int AS n FROM thing')).rows[0].n,
    );
  return { proxy, run, count };
}
type Tap = Parameters<typeof createTestDatabase>[0];

function codeOf(work: Promise<unknown>): Promise<string | null> {
  return work.then(
    () => null,
    (error: unknown) => classifyDatabaseError(error).code,
  );
}

t.test(
  'a transaction on a server that falls silent fails, and is not committed',
  { buffered: true },
  async (t) => {
    const { proxy, run, count } = await startTarget(t);
    t.equal(await codeOf(run('INSERT INTO thing VALUES (1)', () => proxy.blackHole())), 'target_unreachable');
    t.ok(proxy.fired.black_hole > 0);
    proxy.heal();
    t.equal(await count(), 0);
  },
);

t.test(
  'a transaction whose COMMIT is never answered fails, though it is committed',
  { buffered: true },
  async (t) => {
    const { proxy, run, count } = await startTarget(t);
    const fault = proxy.atStatement({ statement: /^COMMIT$/, effect: 'swallow' });
    t.equal(await codeOf(run('INSERT INTO thing VALUES (1)')), 'target_unreachable');
    t.equal(fault.fired, 1);
    t.equal(await count(), 1);
  },
);

t.test('a transaction that takes long goes on', { buffered: true }, async (t) => {
  const { run, count } = await startTarget(t);
  await run('INSERT INTO thing SELECT 1 FROM pg_sleep(22)');
  t.equal(await count(), 1);
});
