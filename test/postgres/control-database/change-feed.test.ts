import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { ChangeFeed } from '../../../src/postgres/control-database/change-feed.js';
import { acceptedLoad, changeLoad, createControlDatabase, readValue } from './control-database.js';

const IS_FEED = "datname = current_database() AND application_name = 'copydock changes'";
const silent = pino({ level: 'silent' });
const { pool, store, url } = await createControlDatabase(t);

/** Counts calls, and waits for the next one. */
function callCounter() {
  let calls = 0;
  let notify = () => {};
  return {
    get calls() {
      return calls;
    },
    onChange: () => {
      calls += 1;
      notify();
    },
    async until(count: number): Promise<void> {
      while (calls < count) {
        await new Promise<void>((resolve) => {
          notify = resolve;
        });
      }
    },
  };
}

async function startFeed(t: Test, databaseUrl: string): Promise<ChangeFeed> {
  const feed = new ChangeFeed({ databaseUrl, logger: silent });
  t.teardown(() => feed.stop());
  const connected = callCounter();
  const unsubscribe = feed.subscribe('any', connected.onChange);
  await connected.until(1);
  unsubscribe();
  return feed;
}

async function endListeners(): Promise<void> {
  await pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${IS_FEED}`);
}

t.test('subscribers hear of their load only, from its acceptance on, until they stop', async (t) => {
  const feed = await startFeed(t, url);
  const [one, other] = [acceptedLoad(), acceptedLoad()];
  const heard = callCounter();
  const heardToo = callCounter();
  const elsewhere = callCounter();
  const stopHeard = feed.subscribe(one.id, heard.onChange);
  feed.subscribe(one.id, heardToo.onChange);
  feed.subscribe(other.id, elsewhere.onChange);
  await store.accept(one);
  await store.accept(other);
  await Promise.all([heard.until(1), heardToo.until(1), elsewhere.until(1)]);
  await changeLoad(pool, one.id, "status = 'staging'");
  await Promise.all([heard.until(2), heardToo.until(2)]);
  t.equal(elsewhere.calls, 1);
  stopHeard();
  stopHeard();
  await changeLoad(pool, one.id, "status = 'copying'");
  await heardToo.until(3);
  t.equal(heard.calls, 2);
});

t.test('who subscribes to all loads hears which one was accepted or changed, until they stop', async (t) => {
  const feed = await startFeed(t, url);
  const [one, other] = [acceptedLoad(), acceptedLoad()];
  const heard: (string | null)[] = [];
  const counter = callCounter();
  const stop = feed.subscribeAll((id) => {
    heard.push(id);
    counter.onChange();
  });
  await store.accept(one);
  await store.accept(other);
  await changeLoad(pool, one.id, "status = 'staging'");
  await counter.until(3);
  t.same(heard, [one.id, other.id, one.id]);
  await endListeners();
  await counter.until(4);
  t.equal(heard[3], null, 'after a gap any load may have changed');
  stop();
  const after = callCounter();
  feed.subscribe(other.id, after.onChange);
  await changeLoad(pool, other.id, "status = 'staging'");
  await after.until(1);
  t.equal(counter.calls, 4);
});

t.test('what no reader can see is not told', async (t) => {
  const feed = await startFeed(t, url);
  const accepted = acceptedLoad();
  const heard = callCounter();
  feed.subscribe(accepted.id, heard.onChange);
  const { load } = await store.accept(accepted);
  await heard.until(1);
  await changeLoad(pool, load.id, "lease_expires_at = now() + interval '15 s', wake_number = 5");
  t.equal((await store.get(load.id))?.version, 1);
  await changeLoad(pool, load.id, "status = 'staging'");
  await heard.until(2);
  t.equal(heard.calls, 2);
  t.equal((await store.get(load.id))?.version, 2);
});

t.test('after a cut connection every subscriber is called once and hears of changes again', async (t) => {
  const feed = await startFeed(t, url);
  const accepted = acceptedLoad();
  const heard = callCounter();
  const bystander = callCounter();
  feed.subscribe(accepted.id, heard.onChange);
  feed.subscribe('unchanged', bystander.onChange);
  const { load } = await store.accept(accepted);
  await heard.until(1);
  await endListeners();
  await Promise.all([heard.until(2), bystander.until(1)]);
  await changeLoad(pool, load.id, "status = 'staging'");
  await heard.until(3);
  t.equal(bystander.calls, 1);
});

t.test('a database that is away at the start and comes later is found', async (t) => {
  const server = new URL(url);
  const sockets = new Set<Socket>();
  const proxy = createServer((socket) => {
    const upstream = connect(Number(server.port), server.hostname);
    sockets.add(socket).add(upstream);
    socket
      .on('error', () => {})
      .pipe(upstream)
      .on('error', () => {})
      .pipe(socket);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  proxy.close();
  await once(proxy, 'close');
  const proxied = new URL(url);
  proxied.port = String(port);
  const warned = callCounter();
  const logger = pino({ level: 'warn' }, { write: () => warned.onChange() });
  const feed = new ChangeFeed({ databaseUrl: proxied.href, logger });
  t.teardown(() => feed.stop());
  const heard = callCounter();
  feed.subscribe('any', heard.onChange);
  await warned.until(1);
  proxy.listen(port, '127.0.0.1');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  await heard.until(1);
  t.equal(heard.calls, 1);
});

t.test('stop ends the connection', async (t) => {
  const feed = await startFeed(t, url);
  await feed.stop();
  const left = `SELECT count(*)::int FROM pg_stat_activity WHERE ${IS_FEED}`;
  const deadlineMs = Date.now() + 5_000;
  while ((await readValue<number>(pool, left)) > 0 && Date.now() < deadlineMs);
  t.equal(await readValue<number>(pool, left), 0);
});
