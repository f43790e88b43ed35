import t from 'tap';
import { holdLock } from '../worker/hold-lock.js';
import { startStack } from '../worker/stack.js';
import { startSecretsServer } from './secrets-server.js';

const SECRET = '/development/postgres';

/** A loader role of its own, whose password only the secret knows. */
async function startWithSecret(t: import('tap').Test) {
  const server = await startSecretsServer(t);
  const databaseSecret = { id: SECRET, parameters: 'sslmode=disable' };
  const stack = await startStack(t, {
    environment: { databaseUrl: null, databaseSecret },
    secretsEndpoint: server.endpoint,
    hasWorker: false,
  });
  const target = new URL(stack.databaseUrl);
  const role = `rotating_${target.pathname.slice(1)}`;
  await stack.sql(`CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD 'pass-one'`);
  t.teardown(() => stack.sql(`DROP ROLE ${role}`));
  const keep = (password: string) => {
    const { hostname: host, port, pathname } = target;
    server.secrets.set(
      SECRET,
      JSON.stringify({ username: role, password, host, port, db_name: pathname.slice(1) }),
    );
  };
  const change = (password: string) => stack.sql(`ALTER ROLE ${role} PASSWORD '${password}'`);
  const drop = () =>
    stack.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`);
  keep('pass-one');
  await stack.sql('CREATE TABLE public.rotated (id int PRIMARY KEY, name text)');
  await stack.put('rotated.csv', 'id,name\n1,one\n2,two\n');
  const load = (more = {}) =>
    stack.load({
      load_type: 'full',
      data_set: 'rotated',
      table: 'rotated',
      path: `s3://${stack.source}/rotated.csv`,
      ...more,
    });
  return { server, stack, keep, change, drop, load };
}

t.test('a password rotated between loads is noticed when the database refuses the old one', async (t) => {
  const { server, stack, keep, change, drop, load } = await startWithSecret(t);
  await stack.startWorker(t);
  t.match(await load(), { status: 'succeeded' });
  const readsBefore = server.reads;
  t.match(await load(), { status: 'succeeded' });
  t.equal(server.reads, readsBefore, 'the secret is kept');
  await change('pass-two');
  keep('pass-two');
  await drop();
  t.match(await load(), { status: 'succeeded', attempt: 1 }, 'no load is lost');
  t.ok(server.reads > readsBefore);
});

t.test('a load that meets the database rotated before its secret waits and succeeds', async (t) => {
  const { stack, keep, change, load } = await startWithSecret(t);
  await change('pass-two');
  const ended = load();
  await stack.startWorker(t);
  await stack.waitUntilSql(
    `SELECT count(*) > 0 AS done FROM copydock.loads WHERE waiting_for->>'detail' LIKE '%refuses%' OR waiting_for->>'detail' LIKE '%password%'`,
  );
  keep('pass-two');
  t.match(await ended, { status: 'succeeded', attempt: 1 });
  t.notMatch(JSON.stringify(await stack.get('/v1/loads')), /pass-(one|two)/);
});

t.test('a password rotated in the middle of a load, whose sessions are ended: no row is lost', async (t) => {
  const { server, stack, keep, change, drop, load } = await startWithSecret(t);
  await stack.startWorker(t);
  const lock = await holdLock(t, stack, 'rotated');
  const ended = load({ commit_strategy: 'delete_insert' });
  await stack.waitUntilSql(
    `SELECT count(*) > 0 AS done FROM copydock.loads WHERE status = 'committing' AND waiting_for->>'reason' = 'target'`,
  );
  const readsBefore = server.reads;
  await change('pass-two');
  keep('pass-two');
  await drop();
  await lock.release();
  t.match(await ended, { status: 'succeeded', attempt: 1, receipt: { loaded: 2 } });
  t.ok(server.reads > readsBefore, 'the secret was read again');
  t.same(await stack.sql('SELECT count(*)::int AS rows FROM rotated'), [{ rows: 2 }]);
});

t.test('a secret that is not there ends the load and says so', async (t) => {
  const { server, stack, load } = await startWithSecret(t);
  server.secrets.clear();
  await stack.startWorker(t);
  t.match(await load(), {
    status: 'failed',
    error: { code: 'target_secret_invalid', detail: `There is no secret ${SECRET}.` },
  });
});

t.test('an outage of Secrets Manager does not stop loads whose credentials are known', async (t) => {
  const { server, stack, load } = await startWithSecret(t);
  await stack.startWorker(t);
  t.match(await load(), { status: 'succeeded' });
  server.fault = 'InternalServiceError';
  t.match(await load(), { status: 'succeeded' });
});
