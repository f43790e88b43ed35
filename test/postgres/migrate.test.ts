import t from 'tap';
import { migrateControl, migrateTarget } from '../../src/postgres/migrate.js';
import { asRole, createTestDatabase, withClient } from '../services/database.js';

async function read(url: string, sql: string): Promise<unknown[]> {
  return withClient(url, async (client) =>
    (await client.query(sql)).rows.map((row) => Object.values(row)[0]),
  );
}

const TABLES = `SELECT relname FROM pg_class WHERE relnamespace = 'copydock'::regnamespace AND relkind = 'r' ORDER BY 1`;

t.test('both databases may be one, and several processes may migrate at once', async (t) => {
  const url = await createTestDatabase(t, { migrated: false });
  await Promise.all([migrateControl(url), migrateTarget(url), migrateControl(url), migrateTarget(url)]);
  const tables = await read(url, TABLES);
  for (const table of [
    'loads',
    'plans',
    'control_migrations',
    'fences',
    'committed_loads',
    'target_migrations',
  ]) {
    t.ok(tables.includes(table), table);
  }
  await migrateControl(url);
  t.same(await read(url, 'SELECT count(*)::int FROM copydock.control_state'), [1]);
});

t.test('a target has the tables of a target only', async (t) => {
  const url = await createTestDatabase(t, { migrated: false });
  await migrateTarget(url);
  t.same(await read(url, TABLES), ['committed_loads', 'fences', 'target_migrations']);
});

t.test('a role without the right to create schemas may migrate where the schema is its own', async (t) => {
  const url = await createTestDatabase(t, { migrated: false });
  const role = `migrator_${process.pid}`;
  await withClient(url, async (client) => {
    await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'p'`);
    await client.query(`CREATE SCHEMA copydock AUTHORIZATION ${role}`);
  });
  t.teardown(() =>
    withClient(url, (client) => client.query(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`)),
  );
  const limited = new URL(url);
  limited.username = role;
  limited.password = 'p';
  await migrateTarget(limited.href);
  t.ok((await read(url, TABLES)).includes('fences'));
});

t.test("the services' own role may ask for migrations where none is pending", async (t) => {
  const url = asRole(await createTestDatabase(t, { migrated: true }), 'test_service');
  await migrateControl(url);
  await migrateTarget(url);
});

t.test("the services' role may use what every claim reads as soon as it is migrated", async (t) => {
  await createTestDatabase(t, { migrated: true });
  const url = await createTestDatabase(t, { migrated: false });
  await migrateControl(url);
  t.same(
    await read(
      url,
      `SELECT privilege_type FROM pg_class, aclexplode(relacl)
        WHERE oid = 'copydock.pauses'::regclass AND grantee = 'copydock_control'::regrole ORDER BY 1`,
    ),
    ['DELETE', 'INSERT', 'SELECT', 'UPDATE'],
  );
});

t.test('a failed migration leaves nothing behind, neither tables nor connections', async (t) => {
  const url = await createTestDatabase(t, { migrated: false });
  await withClient(url, (client) =>
    client.query('CREATE SCHEMA copydock; CREATE VIEW copydock.parts AS SELECT 1'),
  );
  await t.rejects(migrateControl(url), { code: '42P07' });
  t.same(await read(url, TABLES), []);
  t.same(
    await read(
      url,
      `SELECT count(*)::int FROM pg_stat_activity
       WHERE datname = current_database() AND application_name LIKE 'copydock%'`,
    ),
    [0],
  );
});
