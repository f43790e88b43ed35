import pg from 'pg';
import t, { type Test } from 'tap';
import { createTestDatabase } from '../../services/database.js';
import { APPLYING_COMMIT } from './statement-faults.js';
import { TcpProxy } from './tcp-proxy.js';

/** A table in a database of its own; one pool to it through a proxy, one past it. */
async function startProxied(t: Test) {
  const url = await createTestDatabase(t, { migrated: false });
  const proxy = await TcpProxy.start(Number(new URL(url).port), 'postgres');
  const direct = new pg.Pool({ connectionString: url });
  const through = new pg.Client({ connectionString: proxy.url(url) });
  through.on('error', () => {});
  t.teardown(async () => {
    await proxy.close();
    await direct.end();
  });
  await through.connect();
  await direct.query('CREATE TABLE thing (id int)');
  const count = async () => (await direct.query('SELECT FROM thing')).rowCount;
  return { url, proxy, through, direct, count };
}

async function insertAndCommit(client: pg.Client): Promise<unknown> {
  await client.query('BEGIN;\nSET LOCAL lock_timeout = 0');
  await client.query('INSERT INTO thing VALUES ($1)', [1]);
  return client.query('COMMIT');
}

const AFTER_INSERT = { statement: /^COMMIT$/, after: /INSERT INTO thing/ };

t.test('the answer to COMMIT is swallowed, and the COMMIT itself goes through', async (t) => {
  const { proxy, through, count } = await startProxied(t);
  const fault = proxy.atStatement({ ...AFTER_INSERT, effect: 'swallow_and_cut' });
  await t.rejects(insertAndCommit(through), 'the client never hears of it');
  t.equal(fault.fired, 1);
  t.equal(await count(), 1, 'the row is there');
});

t.test('a connection whose COMMIT was swallowed in silence stays open', async (t) => {
  const { proxy, through, count } = await startProxied(t);
  const fault = proxy.atStatement({ ...AFTER_INSERT, effect: 'swallow' });
  const committed = insertAndCommit(through).then(
    () => 'answered',
    () => 'broken',
  );
  await fault.waitUntilFired();
  t.equal(await count(), 1);
  const patience = new Promise((resolve) => setTimeout(resolve, 200, 'silent'));
  t.equal(await Promise.race([committed, patience]), 'silent');
});

t.test('a COMMIT that is cut off before the server has it commits nothing', async (t) => {
  const { proxy, through, count } = await startProxied(t);
  const fault = proxy.atStatement({ ...AFTER_INSERT, effect: 'cut_before' });
  await t.rejects(insertAndCommit(through));
  t.equal(fault.fired, 1);
  t.equal(await count(), 0);
});

t.test('a COMMIT that is held arrives when it is released', async (t) => {
  const { proxy, through, count } = await startProxied(t);
  const fault = proxy.atStatement({ ...AFTER_INSERT, effect: 'hold' });
  const committed = insertAndCommit(through);
  await fault.waitUntilFired();
  t.equal(await count(), 0, 'not yet');
  fault.release();
  await committed;
  t.equal(await count(), 1);
});

t.test('other statements and other transactions are let through', async (t) => {
  const { proxy, through, count } = await startProxied(t);
  const fault = proxy.atStatement({ ...APPLYING_COMMIT, effect: 'cut_before' });
  await insertAndCommit(through);
  t.equal(await count(), 1);
  t.equal(fault.fired, 0);
});

t.test('statements are read right behind large ones that come in pieces', async (t) => {
  const { proxy, through, count } = await startProxied(t);
  const fault = proxy.atStatement({ ...AFTER_INSERT, effect: 'cut_before' });
  await through.query('BEGIN');
  await through.query('SELECT length($1::text)', ['x'.repeat(3_000_000)]);
  await through.query(`INSERT INTO thing VALUES (1) -- ${'y'.repeat(300_000)}`);
  await t.rejects(through.query('COMMIT'));
  t.equal(fault.fired, 1);
  t.equal(await count(), 0);
});

t.test('cut, refuse, delay and black hole each have their effect, and are counted', async (t) => {
  const { url, proxy, through } = await startProxied(t);
  proxy.delay(150);
  const askedAt = Date.now();
  await through.query('SELECT 1');
  t.ok(Date.now() - askedAt >= 300, 'delayed both ways');
  t.ok(proxy.fired.delay >= 2);
  proxy.heal();

  proxy.blackHole();
  const answered = through.query('SELECT 2 AS two').then(({ rows }) => rows[0]?.two);
  const patience = new Promise((resolve) => setTimeout(resolve, 200, 'silent'));
  t.equal(await Promise.race([answered, patience]), 'silent');
  t.ok(proxy.fired.black_hole >= 1);
  proxy.heal();
  t.equal(await answered, 2, 'what was held back goes on');

  proxy.refuse();
  const refused = new pg.Client({ connectionString: proxy.url(url) });
  refused.on('error', () => {});
  await t.rejects(refused.connect());
  t.equal(proxy.fired.refuse, 1);
  proxy.heal();

  t.equal(proxy.cut(), 1);
  await t.rejects(through.query('SELECT 3'));
  t.equal(proxy.fired.cut, 1);
});

t.test('where there is no connection to cut, the next is', async (t) => {
  const { url, proxy } = await startProxied(t);
  proxy.cutNowOrNext();
  t.equal(proxy.fired.cut, 1);
  proxy.cutNowOrNext();
  const cut = new pg.Client({ connectionString: proxy.url(url) });
  const next = new pg.Client({ connectionString: proxy.url(url) });
  cut.on('error', () => {});
  await t.rejects(cut.connect());
  t.equal(proxy.fired.cut, 2);
  await next.connect();
  t.equal((await next.query('SELECT 1')).rowCount, 1, 'the one after it is served');
  await next.end();
});
