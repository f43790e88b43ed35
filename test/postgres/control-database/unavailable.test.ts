import { type AddressInfo, createServer } from 'node:net';
import pg from 'pg';
import t, { type Test } from 'tap';
import { CopydockError } from '../../../src/loads/errors.js';
import { PostgresLoadStore } from '../../../src/postgres/control-database/load-store.js';
import { toUnavailable } from '../../../src/postgres/control-database/unavailable.js';
import { createPool } from '../../../src/postgres/pool.js';
import { createTestDatabase } from '../../services/database.js';
import { acceptedLoad, createControlDatabase } from './control-database.js';

const SECRET = 'hunter2';

/** Every way to ask the store, each of which must say the same. */
function questions(store: PostgresLoadStore): Record<string, () => Promise<unknown>> {
  return {
    accept: () => store.accept(acceptedLoad()),
    get: () => store.get('x'),
    list: () => store.list({ limit: 1 }),
    logs: () => store.logs('x', 0, 1),
    cancel: () => store.cancel('x'),
    retry: () => store.retry('x'),
    environmentUse: () => store.environmentUse(),
    hasNoTurn: () => store.hasNoTurn('a'),
    sweep: () => store.sweep(),
  };
}

async function storeAt(t: Test, url: string): Promise<PostgresLoadStore> {
  const pool = createPool(url, { applicationName: 'test', max: 1, queryTimeoutMs: 500 });
  t.teardown(() => pool.end());
  return new PostgresLoadStore(pool, 15_000);
}

async function assertUnavailable(t: Test, store: PostgresLoadStore): Promise<void> {
  for (const [name, ask] of Object.entries(questions(store))) {
    await t.rejects(ask(), { name: 'CopydockError', code: 'unavailable' }, name);
    const error: unknown = await ask().catch((caught: unknown) => caught);
    if (!(error instanceof CopydockError)) throw new Error(`${name}: not a CopydockError`);
    t.notMatch(
      JSON.stringify(error.report),
      /127\.0\.0\.1|hunter2|somebody|5432/,
      `${name} names no host or user`,
    );
  }
  t.equal(await store.isReady(), false);
}

t.test('a port where nobody listens', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  await assertUnavailable(t, await storeAt(t, `postgres://somebody:${SECRET}@127.0.0.1:${port}/control`));
});

t.test('a server that hangs up', async (t) => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  await assertUnavailable(t, await storeAt(t, `postgres://somebody:${SECRET}@127.0.0.1:${port}/control`));
});

t.test('a database that does not exist', async (t) => {
  const url = new URL(await createTestDatabase(t, { migrated: false }));
  url.pathname = '/nobody_made_it';
  await assertUnavailable(t, await storeAt(t, url.href));
});

t.test('a database without the tables names the way out', async (t) => {
  const store = await storeAt(t, await createTestDatabase(t, { migrated: false }));
  await assertUnavailable(t, store);
  await t.rejects(store.get('x'), { message: /copydock migrate/ });
});

t.test('connections that the server ends are replaced, and the process lives on', async (t) => {
  const { pool, store } = await createControlDatabase(t);
  await store.get('x');
  const killer = new pg.Client({ connectionString: pool.options.connectionString });
  await killer.connect();
  t.teardown(() => killer.end());
  const endOthers = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`;
  await killer.query(endOthers);
  const held = await pool.connect();
  await killer.query(endOthers);
  await t.rejects(held.query('SELECT pg_sleep(10)'));
  held.release(true);
  t.equal(await store.isReady(), true);
  t.equal(await store.get('x'), null);
});

t.test('a server that falls silent is given up after the query timeout', async (t) => {
  const { url } = await createControlDatabase(t);
  const store = await storeAt(t, url);
  const blocker = new pg.Client({ connectionString: url });
  await blocker.connect();
  t.teardown(() => blocker.end());
  await blocker.query('BEGIN; LOCK TABLE copydock.loads');
  await t.rejects(store.get('x'), { code: 'unavailable' });
  await blocker.query('ROLLBACK');
  t.equal(await store.get('x'), null, 'the connection that hung was dropped');
});

t.test('an error of ours stays as it is', async (t) => {
  for (const error of [new CopydockError('forbidden', 'no'), new TypeError('x is not a function')]) {
    t.equal(toUnavailable(error), error);
  }
  const broken = new pg.DatabaseError('duplicate key', 0, 'error');
  broken.code = '23505';
  t.equal(toUnavailable(broken), broken);
});
