import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import t, { type Test } from 'tap';
import { createPool } from '../../../src/postgres/pool.js';
import { inTargetTransaction } from '../../../src/postgres/target-database/session.js';
import { createTestDatabase, withClient } from '../../services/database.js';
import { waitUntil } from '../../services/processes.js';

const IDENTITY = { loadId: 'a-load', leaseToken: 7 };
const NEVER = new AbortController().signal;

/** A target whose owner has settings of his own for every session; one connection, so that what stays set is seen. */
async function openTarget(t: Test, settings: Record<string, string> = {}) {
  const url = await createTestDatabase(t, { migrated: false });
  await withClient(url, async (client) => {
    const database = new URL(url).pathname.slice(1);
    for (const [name, value] of Object.entries(settings)) {
      await client.query(`ALTER DATABASE ${database} SET ${name} = '${value}'`);
    }
  });
  const pool = createPool(url, { applicationName: 'copydock', max: 1 });
  t.teardown(() => pool.end());
  const run = <T>(work: (client: pg.ClientBase) => Promise<T>, more: object = {}) =>
    inTargetTransaction(
      pool,
      { identity: IDENTITY, schema: 'public', lockTimeoutMs: 1_234, signal: NEVER, ...more },
      work,
    );
  return { url, pool, run };
}

const readSettings = async (client: pg.ClientBase | pg.Pool, names: readonly string[]) => {
  const { rows } = await client.query<{ name: string; value: string }>(
    'SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name',
    [names],
  );
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
};

t.test(
  'a transaction means the same whatever is set for the database, and leaves the session as it was',
  async (t) => {
    const own = {
      default_transaction_isolation: 'repeatable read',
      TimeZone: 'Asia/Tokyo',
      DateStyle: 'SQL, DMY',
      search_path: 'elsewhere',
      row_security: 'on',
      lock_timeout: '59s',
      statement_timeout: '10min',
      idle_in_transaction_session_timeout: '11min',
      transaction_timeout: '12min',
      client_connection_check_interval: '0',
      synchronous_commit: 'local',
    };
    const { pool, run } = await openTarget(t, own);
    const within = {
      transaction_isolation: 'read committed',
      TimeZone: 'UTC',
      DateStyle: 'ISO, YMD',
      search_path: 'pg_catalog, public, public',
      row_security: 'off',
      lock_timeout: '1234ms',
      statement_timeout: '0',
      idle_in_transaction_session_timeout: '0',
      transaction_timeout: '0',
      client_connection_check_interval: '2s',
      synchronous_commit: 'on',
      application_name: 'copydock/a-load/7',
    };
    t.match(await run((client) => readSettings(client, Object.keys(within))), {
      ...within,
      search_path: /^pg_catalog, "?public"?, public$/,
    });
    t.strictSame(await readSettings(pool, Object.keys(own)), own);
    await t.rejects(
      run((client) => client.query('SELECT 1/0')),
      { code: '22012' },
    );
    t.strictSame(await readSettings(pool, [...Object.keys(own), 'application_name']), {
      ...own,
      application_name: 'copydock',
    });
  },
);

t.test('what others commit during a wait is seen after it', async (t) => {
  const { url, run } = await openTarget(t, { default_transaction_isolation: 'serializable' });
  await withClient(url, (client) =>
    client.query('CREATE TABLE thing (id int); INSERT INTO thing VALUES (1)'),
  );
  await run(async (client) => {
    const count = async () => (await client.query('SELECT FROM thing')).rowCount;
    t.equal(await count(), 1);
    await withClient(url, (other) => other.query('INSERT INTO thing VALUES (2)'));
    t.equal(await count(), 2);
  });
});

t.test(
  'a commit is as durable as asked for, and never less than on this server; UNLOGGED rows wait for no disk',
  async (t) => {
    for (const [set, expected] of Object.entries({
      off: 'on',
      local: 'on',
      remote_write: 'on',
      on: 'on',
      remote_apply: 'remote_apply',
    })) {
      const { run } = await openTarget(t, { synchronous_commit: set });
      const read = (client: pg.ClientBase) => readSettings(client, ['synchronous_commit']);
      t.strictSame(await run(read), { synchronous_commit: expected }, set);
      t.strictSame(await run(read, { isUnlogged: true }), { synchronous_commit: 'off' }, set);
    }
  },
);

t.test('rows that a policy hides are an error, and survive no DELETE in silence', async (t) => {
  const role = `loader_${randomBytes(4).toString('hex')}`;
  const { url, run } = await openTarget(t);
  await withClient(url, (client) =>
    client.query(`CREATE ROLE ${role}; CREATE TABLE thing (id int); INSERT INTO thing VALUES (1), (2);
      GRANT ALL ON thing TO ${role}; ALTER TABLE thing ENABLE ROW LEVEL SECURITY;
      CREATE POLICY seen ON thing TO ${role} USING (id = 1)`),
  );
  t.teardown(() => withClient(url, (client) => client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)));
  const deletion = run(async (client) => {
    await client.query(`SET LOCAL ROLE ${role}`);
    await client.query('DELETE FROM thing');
  });
  await t.rejects(deletion, { code: '42501', message: /row-level security/ });
  await withClient(url, async (client) => t.equal((await client.query('SELECT FROM thing')).rowCount, 2));
});

t.test('a statement whose client is gone ends', async (t) => {
  const { url, run } = await openTarget(t);
  const stop = new AbortController();
  const asleep = run((client) => client.query('SELECT pg_sleep(600)'), { signal: stop.signal });
  asleep.catch(() => {});
  await withClient(url, async (client) => {
    const running = async () =>
      (
        await client.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(600)' AND pid <> pg_backend_pid()`,
        )
      ).rowCount;
    await waitUntil('the statement runs', 30_000, async () => (await running()) === 1);
    stop.abort(new Error('stopped by the test'));
    await t.rejects(asleep);
    await waitUntil('the end of the statement', 60_000, async () => (await running()) === 0);
  });
});
