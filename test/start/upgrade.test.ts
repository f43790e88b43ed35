import { randomUUID } from 'node:crypto';
import { runner } from 'node-pg-migrate';
import t, { type Test } from 'tap';
import { migrateControl, migrateTarget } from '../../src/postgres/migrate.js';
import { MIGRATIONS_DIR } from '../../src/postgres/pending-migrations.js';
import { checkControlSchema } from '../../src/start/check-schema.js';
import { createTestDatabase, withClient } from '../services/database.js';
import { type Stack, startStack } from '../worker/stack.js';

t.setTimeout(240_000);

/** A database as the first version left it. */
async function createFirstDatabase(t: Test): Promise<string> {
  const databaseUrl = await createTestDatabase(t, { migrated: false });
  for (const kind of ['control', 'target']) {
    await runner({
      databaseUrl,
      dir: `${MIGRATIONS_DIR}/${kind}`,
      direction: 'up',
      count: 1,
      migrationsSchema: 'copydock',
      createMigrationsSchema: true,
      migrationsTable: `${kind}_migrations`,
      logger: { info() {}, warn() {}, error() {} },
    });
  }
  return databaseUrl;
}

/** A load as the first version accepted it, in the columns that it knew. */
async function queueLoad({ sql, source, staging }: Stack): Promise<string> {
  const id = randomUUID();
  const request = {
    load_type: 'full',
    data_set: 'things',
    path: `s3://${source}/things.csv`,
    env: 'development',
  };
  await sql(
    `INSERT INTO copydock.loads (id, load_order, env, load_type, data_set, target_table, target_database, scope_table,
       scope_key, request, request_hash, s3_bucket, s3_bucket_source, deadline_at)
     VALUES ($1, nextval('copydock.load_order_seq'), 'development', 'full', 'things', 'public.things', 'db',
       'public.things', '*', $2, 'hash', $3, 'request', now() + interval '1 hour')`,
    [id, request, staging],
  );
  return id;
}

/** What a newer version's migrations leave behind in the list of those that were run. */
function markMigrated(databaseUrl: string, name: string): Promise<unknown> {
  return withClient(databaseUrl, (client) =>
    client.query(`INSERT INTO copydock.control_migrations (name, run_on) VALUES ($1, now())`, [name]),
  );
}

t.test('a load that the first version queued runs after the upgrade', async (t) => {
  const databaseUrl = await createFirstDatabase(t);
  await t.rejects(checkControlSchema(databaseUrl), {
    message: /lacks 0002_\w+,.* of Copydock's tables/,
    report: { hint: 'Run: copydock migrate' },
  });
  await migrateControl(databaseUrl);
  await migrateTarget(databaseUrl);
  await checkControlSchema(databaseUrl);

  const stack = await startStack(t, { databaseUrl, backend: 'redis', hasWorker: false, role: 'superuser' });
  await stack.sql('CREATE TABLE things (id bigint PRIMARY KEY, name text)');
  await stack.put('things.csv', 'id,name\n1,one\n2,two\n');
  await stack.startWorker(t);
  const load = await stack.waitUntilDone(await queueLoad(stack));
  t.equal(load.status, 'succeeded', JSON.stringify(load.error));
  t.same(await stack.sql('SELECT id::int FROM things ORDER BY id'), [{ id: 1 }, { id: 2 }]);
});

t.test('a version starts on what a newer one added to, and refuses what it took from', async (t) => {
  const databaseUrl = await createTestDatabase(t, { migrated: true });
  await markMigrated(databaseUrl, '9998_more_columns');
  await checkControlSchema(databaseUrl);

  await markMigrated(databaseUrl, '9999_contract_wakes');
  await t.rejects(checkControlSchema(databaseUrl), {
    message:
      'The control database (DATABASE_URL) is newer than this version of Copydock: 9999_contract_wakes took away what it needs.',
    report: { hint: 'Start the newer version that ran copydock migrate, or a later one.' },
  });
});

t.test('a load into a target that a newer version took from fails and says so', async (t) => {
  const stack = await startStack(t);
  await stack.sql('CREATE TABLE things (id bigint PRIMARY KEY)');
  await stack.put('things.csv', 'id\n1\n');
  await stack.sql(
    `INSERT INTO copydock.target_migrations (name, run_on) VALUES ('9999_contract_fences', now())`,
  );
  const load = await stack.load({
    load_type: 'full',
    data_set: 'things',
    path: `s3://${stack.source}/things.csv`,
  });
  t.match(load.error, {
    code: 'target_not_prepared',
    detail: /^The target database is newer than this version of Copydock: 9999_contract_fences took away/,
    hint: /^Start the newer version/,
  });
});
