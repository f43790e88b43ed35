import pg from 'pg';
import t, { type Test } from 'tap';
import type { Check } from '../../../src/start/doctor/check.js';
import { judgeServer, openPool } from '../../../src/start/doctor/check-database.js';
import { checkSchemas } from '../../../src/start/doctor/check-rights.js';
import { startTcpProxy } from '../../http/tcp-proxy.js';
import { startSecretsServer } from '../../secrets/secrets-server.js';
import { asRole, createTestDatabase, passwordOf, withClient } from '../../services/database.js';
import { installImportExtension } from '../../services/import-extension.js';
import { startPgbouncer } from '../../services/pgbouncer.js';
import { createTestRedis } from '../../services/redis.js';
import { createTestBucket } from '../../services/s3.js';
import { examineEnvironment, type Given } from './examined.js';

t.setTimeout(240_000);
const CONTROL = 'control database';
const TARGET = 'target of development';

const bucket = await createTestBucket(t);
const queueUrl = await createTestRedis(t);

/** Control database and target of their own, each as the role that its file makes. */
async function prepare(t: Test) {
  const controlUrl = await createTestDatabase(t, { migrated: true });
  const targetUrl = await createTestDatabase(t, { migrated: true });
  const given: Given = {
    databaseUrl: asRole(controlUrl, 'test_control'),
    queueUrl,
    environment: { database_url: asRole(targetUrl, 'test_loader'), default_staging_bucket: bucket },
  };
  const run = (url: string) => (text: string) => withClient(url, (client) => client.query(text));
  const examined = (changes: Partial<Given> = {}) => examineEnvironment(t, { ...given, ...changes });
  return { given, examined, inControl: run(controlUrl), inTarget: run(targetUrl), controlUrl, targetUrl };
}

t.test('databases with exactly the documented rights pass', async (t) => {
  const { examined, inControl, inTarget } = await prepare(t);
  await inControl(`INSERT INTO copydock.workers (id, environments) VALUES ('one', '{development}')`);
  await inTarget(
    `CREATE TABLE item (id int); GRANT SELECT, INSERT, UPDATE, DELETE ON item TO copydock_loader`,
  );
  const { checks, all, find } = await examined();
  t.strictSame(all('failed'), []);
  t.match(find(CONTROL, 'connection'), { status: 'ok', found: /^PostgreSQL 18.*, as role test_control$/ });
  for (const check of ['tables', 'rights', 'sessions', 'clock', 'connections', 'workers']) {
    t.match(find(CONTROL, check), { status: 'ok', hint: null }, check);
  }
  for (const check of ['connection', 'tables', 'rights', 'schema public', 'fences', 'connections']) {
    t.match(find(TARGET, check), { status: 'ok', hint: null }, check);
  }
  t.notMatch(JSON.stringify(checks), passwordOf('test_control'));
  t.notMatch(JSON.stringify(checks), passwordOf('test_loader'));
});

t.test('with copy_engine aws_s3 the extension must be there, and granted', async (t) => {
  const { examined, given, targetUrl } = await prepare(t);
  const importing = { environment: { ...given.environment, copy_engine: 'aws_s3' } };
  const without = await examined(importing);
  t.match(without.find(TARGET, 'import'), { status: 'failed', hint: /CREATE EXTENSION aws_s3/ });
  await installImportExtension(t, targetUrl);
  t.match((await examined(importing)).find(TARGET, 'import'), { status: 'ok', hint: null });
  t.equal((await examined()).find(TARGET, 'import'), undefined);
});

t.test('a database that refuses or does not answer is named, without its password', async (t) => {
  const { given, examined, controlUrl, targetUrl } = await prepare(t);
  const wrong = new URL(asRole(controlUrl, 'test_control'));
  wrong.password = 'not-the-password';
  const { all, checks, find } = await examined({
    databaseUrl: wrong.href,
    environment: {
      ...given.environment,
      database_url: asRole(targetUrl, 'test_loader').replace(/test_\w+$/, 'gone'),
    },
  });
  t.match(find(CONTROL, 'connection'), {
    status: 'failed',
    found: /^password authentication failed for user "test_control"$/,
    hint: /correct user and password in DATABASE_URL/,
  });
  t.match(find(TARGET, 'connection'), {
    status: 'failed',
    found: /database "gone" does not exist/,
    hint: /correct its name in environments\.development\.database_url/,
  });
  t.equal(all('failed').length, 2, 'and nothing else is blamed for it');
  t.notMatch(JSON.stringify(checks), 'not-the-password');
  const silent = await examined({ databaseUrl: 'postgres://me:hush@127.0.0.1:1/none' });
  t.match(silent.find(CONTROL, 'connection'), { status: 'failed', found: /ECONNREFUSED/ });
  t.match(silent.find(TARGET, 'fences'), { status: 'skipped' });
  t.notMatch(JSON.stringify(silent.checks), 'hush');
});

t.test('rights that lack are named, with the file that gives them', async (t) => {
  const { examined, inControl, inTarget, given } = await prepare(t);
  await inControl('REVOKE INSERT, DELETE ON copydock.loads FROM copydock_control');
  await inTarget(`REVOKE UPDATE ON copydock.fences FROM copydock_loader;
    REVOKE CREATE ON SCHEMA copydock FROM copydock_loader;
    CREATE SCHEMA closed; CREATE TABLE item (id int); GRANT SELECT ON item TO copydock_loader`);
  const environment = { ...given.environment, target_schemas: ['public', 'closed', 'nowhere'] };
  const { find } = await examined({ environment });
  t.match(find(CONTROL, 'rights'), {
    status: 'failed',
    found: /role test_control lacks INSERT, DELETE on copydock\.loads$/,
    hint: /run migrations\/roles\/control\.sql/,
  });
  t.match(find(TARGET, 'rights'), {
    status: 'failed',
    found: /lacks CREATE on schema copydock; UPDATE on copydock\.fences$/,
    hint: /run migrations\/roles\/loader\.sql/,
  });
  t.match(find(TARGET, 'schema public'), {
    status: 'warning',
    found: /of 1 tables 1 can't be loaded: .* item$/,
  });
  t.match(find(TARGET, 'schema closed'), {
    status: 'failed',
    found: /lacks USAGE/,
    hint: /target_schemas=closed/,
  });
  t.match(find(TARGET, 'schema nowhere'), { status: 'failed', found: /does not exist/ });
});

t.test('tables of an older version want a migration', async (t) => {
  const { examined, inControl, inTarget } = await prepare(t);
  const forget = (kind: string) =>
    `DELETE FROM copydock.${kind}_migrations WHERE name LIKE '0002%'; ` +
    `INSERT INTO copydock.${kind}_migrations (name, run_on) VALUES ('0099_more', now())`;
  await inControl(forget('control'));
  await inTarget(forget('target'));
  const { find } = await examined();
  for (const subject of [CONTROL, TARGET]) {
    t.match(
      find(subject, 'tables'),
      { status: 'failed', found: /^0002_/, hint: 'run copydock migrate' },
      subject,
    );
  }
  await inControl(`INSERT INTO copydock.control_migrations (name, run_on) VALUES ('0099_contract_x', now())`);
  const newer = await examined();
  t.match(newer.find(CONTROL, 'tables'), { status: 'failed', found: /is newer than this version/ });
});

t.test('a server that falls silent between two looks has failed the second one', async (t) => {
  const proxy = await startTcpProxy(t, await createTestDatabase(t, { migrated: true }));
  const pool = openPool(proxy.url);
  t.teardown(() => pool.end());
  await pool.query('SELECT');
  proxy.cut();
  const checks: Check[] = [];
  for await (const check of checkSchemas(pool, TARGET, ['public'])) checks.push(check);
  t.match(checks, [
    { subject: TARGET, check: 'schemas', status: 'failed', hint: /run copydock doctor again/ },
  ]);
});

/** What several server connections of a pooler in transaction mode listen for. */
async function readListening(url: string): Promise<unknown[]> {
  const clients = Array.from({ length: 4 }, () => new pg.Client(url));
  await Promise.all(clients.map((client) => client.connect()));
  await Promise.all(clients.map((client) => client.query('BEGIN')));
  const found = await Promise.all(clients.map((client) => client.query('SELECT pg_listening_channels()')));
  await Promise.all(clients.map((client) => client.end()));
  return found.flatMap(({ rows }) => rows);
}

t.test(
  'a pooler in transaction mode before the control database is found out, one in session mode is not',
  async (t) => {
    const { examined, controlUrl } = await prepare(t);
    const [transaction, session] = await Promise.all([
      startPgbouncer(t, controlUrl, 'transaction'),
      startPgbouncer(t, controlUrl, 'session'),
    ]);
    const pooled = await examined({ databaseUrl: transaction });
    t.match(pooled.find(CONTROL, 'sessions'), {
      status: 'failed',
      found: /a pooler in transaction mode stands before it/,
      hint: /name the server itself in DATABASE_URL/,
    });
    t.strictSame(await readListening(transaction), [], 'no connection of the pooler is left listening');
    const well = await examined({ databaseUrl: session });
    t.match(well.find(CONTROL, 'sessions'), { status: 'ok' });
    t.match(well.find(CONTROL, 'rights'), { status: 'warning', found: /is a superuser/ });
  },
);

t.test('clocks that differ are told by how much', async (t) => {
  const { examined } = await prepare(t);
  const late = await examined({ now: () => Date.now() - 60_000 });
  t.match(late.find(CONTROL, 'clock'), { status: 'warning', found: /^(5\d|6\d) s ahead of/, hint: /NTP/ });
  t.match(late.find('S3 for development', 'clock'), { status: 'warning' });
  const early = await examined({ now: () => Date.now() + 600_000 });
  t.match(early.find(CONTROL, 'clock'), { status: 'warning', found: /behind/ });
  t.match(early.find('S3 for development', 'clock'), { status: 'failed', found: /behind/ });
});

t.test('connections that the processes may want and the server has not are a warning', async (t) => {
  const { examined, inTarget, given } = await prepare(t);
  await inTarget(
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 20', current_database()); END $$`,
  );
  const environment = { ...given.environment, concurrency: 4, parallelism: 4 };
  const { find } = await examined({ environment });
  t.match(find(TARGET, 'connections'), {
    status: 'warning',
    found: /1 worker use up to 24 connections, 20 are allowed/,
    hint: /lower concurrency and parallelism/,
  });
});

t.test('a target that another control database loads is named', async (t) => {
  const { examined, inTarget } = await prepare(t);
  await inTarget(
    `INSERT INTO copydock.fences (scope, control_id) VALUES ('public.item/*', gen_random_uuid())`,
  );
  const { find } = await examined();
  t.match(find(TARGET, 'fences'), { status: 'failed', found: /1 of 1 scopes/, hint: /reconcile --adopt/ });
});

t.test('a target is found by its secret, and a secret that does not help is named', async (t) => {
  const { examined, targetUrl } = await prepare(t);
  const server = await startSecretsServer(t);
  const { hostname, port, pathname } = new URL(targetUrl);
  const secret = { username: 'test_loader', password: passwordOf('test_loader'), host: hostname, port };
  server.secrets.set('loader', JSON.stringify({ ...secret, db_name: pathname.slice(1) }));
  server.secrets.set('half', JSON.stringify(secret));
  const of = (id: string) =>
    examined({
      variables: { AWS_ENDPOINT_URL_SECRETS_MANAGER: server.endpoint },
      environment: {
        database_secret_id: id,
        database_parameters: 'sslmode=disable',
        default_staging_bucket: bucket,
      },
    });
  const well = await of('loader');
  t.match(well.find(TARGET, 'secret'), { status: 'ok' });
  t.match(well.find(TARGET, 'connection'), { status: 'ok' });
  t.notMatch(JSON.stringify(well.checks), passwordOf('test_loader'));
  const half = await of('half');
  t.match(half.find(TARGET, 'secret'), { status: 'failed', found: /lacks db_name or dbname/ });
  t.match((await of('none')).find(TARGET, 'secret'), { status: 'failed', found: /There is no secret none/ });
});

t.test('an old server and a standby are refused', async (t) => {
  const server = {
    version: '15.4',
    versionNumber: 150_004,
    isStandby: false,
    role: 'me',
    isSuperuser: false,
    connectionLimit: 100,
    connections: 1,
  };
  t.match(judgeServer(server, 'DATABASE_URL'), { status: 'ok' });
  t.match(judgeServer({ ...server, version: '14.9', versionNumber: 140_009 }, 'DATABASE_URL'), {
    status: 'failed',
    hint: /PostgreSQL 15 or newer/,
  });
  t.match(judgeServer({ ...server, isStandby: true }, 'DATABASE_URL'), { status: 'failed', hint: /primary/ });
});
