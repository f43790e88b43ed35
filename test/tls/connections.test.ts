import t from 'tap';
import { migrateControl, migrateTarget } from '../../src/postgres/migrate.js';
import { prepareQueue } from '../../src/queue/prepare-queue.js';
import { createTestRedis } from '../services/redis.js';
import { serviceVariable } from '../services/service-variables.js';
import { type Stack, type StackOptions, startStack } from '../worker/stack.js';
import { makeAuthority } from './certificates.js';
import { startTlsPostgres, startTlsProxy } from './servers.js';

const authority = await makeAuthority(t);
const stranger = await makeAuthority(t);
const postgres = await startTlsPostgres(t, authority);
const verified = `${postgres}?sslmode=verify-full&sslrootcert=${authority.caFile}`;
await migrateControl(verified);
await migrateTarget(verified);
await prepareQueue(verified);
const s3Port = await startTlsProxy(t, serviceVariable('TEST_S3_ENDPOINT'), authority);

function start(t: import('tap').Test, options: StackOptions): Promise<Stack> {
  return startStack(t, {
    databaseUrl: verified,
    role: 'superuser',
    s3Endpoint: `https://localhost:${s3Port}`,
    ...options,
    variables: { AWS_CA_BUNDLE: authority.caFile, COPYDOCK_LEASE_S: '3', ...options.variables },
  });
}

async function loadOne(stack: Stack) {
  await stack.sql('CREATE TABLE IF NOT EXISTS public.secure (id int PRIMARY KEY, name text)');
  await stack.put('secure.csv', 'id,name\n1,one\n2,two\n');
  return stack.load({ load_type: 'full', data_set: 'secure', path: `s3://${stack.source}/secure.csv` });
}

/** Every connection that came by the network, once the thread of the leases has its own. */
async function readConnections(stack: Stack) {
  await stack.waitUntilSql(
    `SELECT count(*) > 0 AS done FROM pg_stat_activity WHERE application_name = 'copydock lease'`,
  );
  const rows = await stack.sql(`
    SELECT a.application_name AS name, s.ssl FROM pg_stat_activity a JOIN pg_stat_ssl s USING (pid)
     WHERE a.client_addr IS NOT NULL`);
  return {
    names: new Set(rows.map(({ name }) => String(name))),
    plain: rows.filter(({ ssl }) => ssl !== true),
  };
}

t.test(
  'a load over TLS to PostgreSQL, Redis and S3, each with a certificate of the same authority',
  async (t) => {
    const redis = await createTestRedis(t);
    const port = await startTlsProxy(t, redis, authority);
    const number = new URL(redis).pathname;
    const queueUrl = `rediss://localhost:${port}${number}?sslrootcert=${authority.caFile}`;
    const stack = await start(t, { queueUrl });
    t.match(await loadOne(stack), { status: 'succeeded', receipt: { loaded: 2 } });
    const { names, plain } = await readConnections(stack);
    t.same(plain, []);
    for (const name of ['copydock api', 'copydock worker', 'copydock changes', 'copydock'])
      t.ok(names.has(name), name);
  },
);

t.test('the queue in PostgreSQL by TLS, and verify-ca where the host is known by another name', async (t) => {
  const byAddress = `${postgres.replace('localhost', '127.0.0.1')}?sslmode=verify-ca&sslrootcert=${authority.caFile}`;
  const stack = await start(t, { queueUrl: byAddress, variables: { DATABASE_URL: byAddress } });
  t.match(await loadOne(stack), { status: 'succeeded' });
  t.same((await readConnections(stack)).plain, []);
});

t.test('a target whose certificate an unknown authority signed ends the load, and says so', async (t) => {
  const databaseUrl = `${postgres}?sslmode=verify-full&sslrootcert=${stranger.caFile}`;
  const stack = await start(t, { queueUrl: verified, environment: { databaseUrl } });
  const { status, error } = await loadOne(stack);
  t.equal(status, 'failed');
  t.match(error, {
    code: 'tls_failed',
    detail:
      /^TLS to the target database failed: no trusted authority has signed the server's certificate \([A-Z_]+\)\.$/,
    hint: /sslrootcert of database_url/,
  });
  t.notOk(JSON.stringify(error).includes(new URL(postgres).password));
});

t.test('an S3 server whose certificate is for another host ends the load, and says so', async (t) => {
  const stack = await start(t, { queueUrl: verified, s3Endpoint: `https://127.0.0.1:${s3Port}` });
  t.match(await loadOne(stack), {
    status: 'failed',
    error: {
      code: 'tls_failed',
      detail:
        /^TLS to S3 failed for the (source|staging) bucket: the server's certificate is for another host name/,
      hint: /AWS_CA_BUNDLE/,
    },
  });
});
