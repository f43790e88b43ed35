import { randomBytes } from 'node:crypto';
import pg from 'pg';
import t, { type Test } from 'tap';
import { findOldSnapshot } from '../../../../src/postgres/target-database/exchange/old-snapshots.js';
import { createTestDatabase, withClient } from '../../../services/database.js';
import { waitUntil } from '../../../services/processes.js';

async function openClient(t: Test, url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'a reader' });
  client.on('error', () => {});
  await client.connect();
  t.teardown(() => client.end());
  return client;
}

/** A login of its own, without a right to see what other roles do. */
async function createLoader(t: Test, url: string): Promise<string> {
  const role = `loader_${randomBytes(4).toString('hex')}`;
  const asAdmin = (text: string) => withClient(url, (client) => client.query(text));
  await asAdmin(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'; GRANT ALL ON SCHEMA copydock TO ${role}`);
  t.teardown(() => asAdmin(`DROP OWNED BY ${role}; DROP ROLE ${role}`));
  const login = new URL(url);
  login.username = role;
  login.password = 'secret';
  return login.href;
}

/** A snapshot is as old as the oldest transaction that runs anywhere in the server, and other tests run beside this one. */
async function waitUntilOlderTransactionsEnd(pool: pg.Pool): Promise<void> {
  const query = `SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint > max(xmin::text::bigint) AS over
    FROM (SELECT xmin FROM copydock.made UNION ALL SELECT xmin FROM copydock.made_ledger) written`;
  await waitUntil('older transactions end', 60_000, async () => {
    const { rows } = await pool.query<{ over: boolean }>(query);
    return rows[0]?.over === true;
  });
}

t.test(
  'an older snapshot of another role is found by a role without special rights, a younger one is none',
  async (t) => {
    const url = await createTestDatabase(t, { migrated: true });
    const loader = await createLoader(t, url);
    const pool = new pg.Pool({ connectionString: loader });
    const older = await openClient(t, url);
    await older.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
    await pool.query(`CREATE TABLE copydock.made (id int); CREATE TABLE copydock.made_ledger (part int)`);
    await pool.query('INSERT INTO copydock.made VALUES (1)');
    await pool.query('INSERT INTO copydock.made_ledger VALUES (0)');
    const find = () => findOldSnapshot(pool, 'made', 'made');
    t.match(await find(), { application: 'a reader' });
    await older.query('COMMIT');
    await waitUntilOlderTransactionsEnd(pool);
    const younger = await openClient(t, url);
    await younger.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
    t.equal(await find(), null);
    await pool.end();
  },
);
