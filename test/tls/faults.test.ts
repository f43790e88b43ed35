import t, { type Test } from 'tap';
import { connectTo } from '../../src/config/postgres-connection.js';
import { CopydockError } from '../../src/loads/errors.js';
import { createPool } from '../../src/postgres/pool.js';
import { classifyDatabaseError } from '../../src/postgres/sqlstate.js';
import { explainQueueFault } from '../../src/queue/connection.js';
import { inspectRedis } from '../../src/queue/inspect-redis.js';
import { BullLoadQueue } from '../../src/queue/load-queue.js';
import { createS3Client } from '../../src/s3/client.js';
import { listPrefix } from '../../src/s3/list.js';
import { openSecretsManager } from '../../src/secrets/secrets-manager.js';
import { checkControlSchema } from '../../src/start/check-schema.js';
import { explainDatabaseFault } from '../../src/start/target-databases.js';
import { startSecretsServer } from '../secrets/secrets-server.js';
import { serviceVariable } from '../services/service-variables.js';
import { makeAuthority } from './certificates.js';
import { startTlsPostgres, startTlsProxy } from './servers.js';

// As careless a process as can be: nothing of it may reach a connection.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';

const authority = await makeAuthority(t);
const stranger = await makeAuthority(t);
const byName = await startTlsPostgres(t, authority);
const byAddress = byName.replace('localhost', '127.0.0.1');
const withoutTls = serviceVariable('TEST_DATABASE_URL');

const OTHER_HOST = /certificate is for another host name \(ERR_TLS_CERT_ALTNAME_INVALID\)/;
const UNTRUSTED = /no trusted authority has signed the server's certificate/;

/** What becomes of a connection: null is one that stands. */
const CONNECTIONS: [mode: string, url: string, caFile: string | null, fault: RegExp | null][] = [
  ['verify-full', byName, authority.caFile, null],
  ['verify-full', byAddress, authority.caFile, OTHER_HOST],
  ['verify-full', byName, stranger.caFile, UNTRUSTED],
  ['verify-full', byName, null, UNTRUSTED],
  ['verify-full', byName, 'system', UNTRUSTED],
  ['verify-full', withoutTls, authority.caFile, /the server offers no TLS/],
  [
    'verify-full',
    byName,
    '/nowhere/ca.pem',
    /sslrootcert: the file \/nowhere\/ca.pem can't be read \(ENOENT\)/,
  ],
  ['verify-full', byName, authority.keyFile, /holds no certificate in PEM/],
  ['verify-ca', byAddress, authority.caFile, null],
  ['verify-ca', byName, stranger.caFile, UNTRUSTED],
  ['require', byAddress, null, null],
  ['require', byName, stranger.caFile, UNTRUSTED],
  ['require', withoutTls, null, /the server offers no TLS/],
];

for (const [mode, server, caFile, fault] of CONNECTIONS) {
  const host = new URL(server).hostname;
  const authorityName = caFile?.replace(/.*copydock-tls-[^/]+/, '') ?? 'no file';
  t.test(`sslmode=${mode}, ${host}, ${authorityName}: ${fault?.source ?? 'connected by TLS'}`, async (t) => {
    const url = new URL(server);
    url.searchParams.set('sslmode', mode);
    if (caFile !== null) url.searchParams.set('sslrootcert', caFile);
    const outcome = await ask(url.href);
    if (fault === null) return t.same(outcome, { ssl: true });
    t.type(outcome, CopydockError);
    const { code, report } = outcome as CopydockError;
    t.equal(code, 'tls_failed');
    t.match(report.detail, fault);
    t.match(report.hint, /database_url/);
    t.notOk(JSON.stringify(report).includes(url.password), 'no secret');
  });
}

async function ask(url: string): Promise<unknown> {
  try {
    const pool = createPool(url, { applicationName: 'tls test', max: 1 });
    try {
      const { rows } = await pool.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
      return rows[0];
    } finally {
      await pool.end();
    }
  } catch (error) {
    return classifyDatabaseError(error);
  }
}

t.test('the driver is told nothing of TLS but by Copydock', async (t) => {
  const { connectionString, ssl } = connectTo(
    `postgres://u:p@h/d?sslmode=require&uselibpqcompat=true&options=-c%20work_mem%3D8MB`,
  );
  t.equal(connectionString, 'postgres://u:p@h/d?options=-c+work_mem%3D8MB');
  t.match(ssl, { rejectUnauthorized: false });
  t.same(connectTo('postgres://u:p@h/d').ssl, false, 'not even by PGSSLMODE behind its back');
});

t.test('a control database that proves nothing stops the start', async (t) => {
  await t.rejects(checkControlSchema(`${byAddress}?sslmode=verify-full&sslrootcert=${authority.caFile}`), {
    code: 'unavailable',
    message: /^TLS to the control database failed: the server's certificate is for another host name/,
    report: { hint: /sslrootcert of DATABASE_URL/ },
  });
});

t.test('the doctor asks Redis by the same authority', async (t) => {
  const port = await startTlsProxy(t, serviceVariable('TEST_REDIS_URL'), authority);
  const url = (caFile: string) => `rediss://localhost:${port}?sslrootcert=${caFile}`;
  t.match(await inspectRedis(url(authority.caFile)), { evictionPolicy: 'noeviction' });
  const fault = await inspectRedis(url(stranger.caFile)).catch(explainDatabaseFault);
  t.match(fault, /^TLS failed: no trusted authority.*sslrootcert$/);
});

t.test('a Redis that proves nothing is named in the log', async (t) => {
  const redis = serviceVariable('TEST_REDIS_URL');
  const port = await startTlsProxy(t, redis, authority);
  const trusting = `sslrootcert=${authority.caFile}`;
  t.match(await firstQueueFault(t, `rediss://localhost:${port}?sslrootcert=${stranger.caFile}`), UNTRUSTED);
  t.match(await firstQueueFault(t, `rediss://localhost:${port}`), UNTRUSTED);
  t.match(await firstQueueFault(t, `rediss://127.0.0.1:${port}?${trusting}`), OTHER_HOST);
  const plain = await firstQueueFault(t, `rediss://127.0.0.1:${new URL(redis).port}?${trusting}`);
  t.match(plain, /queue error: no answer by TLS; QUEUE_URL must name a port of Redis that speaks TLS/);
});

async function firstQueueFault(t: Test, queueUrl: string): Promise<string> {
  return await new Promise((resolve) => {
    const queue = new BullLoadQueue(queueUrl, (error) => resolve(explainQueueFault(error, queueUrl)));
    t.teardown(() => queue.close());
    queue.wake({ id: 'a', env: 'staging', wakeNumber: 1 }).catch(() => {});
  });
}

t.test('an S3 server that proves nothing is not asked', async (t) => {
  const plain = serviceVariable('TEST_S3_ENDPOINT');
  const port = await startTlsProxy(t, plain, authority);
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const list = async (endpoint: string, caFile?: string) => {
    const s3 = createS3Client({ endpoint, region: 'eu-west-2', credentials, caFile });
    t.teardown(() => s3.destroy());
    try {
      for await (const _ of listPrefix(s3, 'source', 'bucket', '', new AbortController().signal)) break;
    } catch (error) {
      return error;
    }
  };
  t.match(await list(`https://localhost:${port}`, authority.caFile), { code: 'source_access_denied' });
  t.match(await list(`https://localhost:${port}`), { code: 'tls_failed', message: UNTRUSTED });
  t.match(await list(`https://localhost:${port}`, stranger.caFile), { message: UNTRUSTED });
  t.match(await list(`https://127.0.0.1:${port}`, authority.caFile), { message: OTHER_HOST });
  t.match(await list(plain.replace('http:', 'https:'), authority.caFile), { message: /speaks no TLS/ });
});

t.test('Secrets Manager is asked by the same authority', async (t) => {
  const server = await startSecretsServer(t);
  server.secrets.set('/db', 'text');
  const secretsEndpoint = `https://localhost:${await startTlsProxy(t, server.endpoint, authority)}`;
  const read = async (caFile: string) => {
    const secrets = openSecretsManager({
      s3: { endpoint: undefined, region: 'eu-west-2', caFile },
      secretsEndpoint,
      stsEndpoint: undefined,
      environments: new Map(),
    });
    t.teardown(() => secrets.close());
    return secrets.read('/db', 'development');
  };
  process.env.AWS_ACCESS_KEY_ID ??= 'a';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'b';
  t.equal(await read(authority.caFile), 'text');
  await t.rejects(read(stranger.caFile), { code: 'target_secret_unavailable', message: UNTRUSTED });
});
