import t from 'tap';
import { type BreakableServers, startServers } from './servers.js';
import { startWorld, type World } from './world.js';

t.setTimeout(300_000);

let servers: BreakableServers;
t.before(async () => {
  servers = await startServers(t);
});

const CLEAN = { objects: [], tables: [], backends: [], transactions: [], jobs: 0, uncleanPlans: 0 };

async function submitThings(world: World): Promise<string> {
  await world.inTarget('CREATE TABLE thing (id int PRIMARY KEY, name text)');
  await world.put('things.csv', 'id,name\n1,a\n2,b\n');
  const accepted = await world.api.post({
    load_type: 'full',
    data_set: 'thing',
    path: world.path('things.csv'),
    commit_strategy: 'delete_insert',
  });
  return String(accepted.id);
}

for (const backend of ['redis', 'postgres'] as const) {
  t.test(`a load runs through real processes and proxies, with the queue on ${backend}`, async (t) => {
    const world = await startWorld(t, { backend, servers });
    const [, worker] = await Promise.all([world.startApi(), world.startWorker()]);
    const id = await submitThings(world);
    t.match(await world.api.waitUntilDone(id), { status: 'succeeded', receipt: { loaded: 2 } });
    t.strictSame(await world.inTarget('SELECT * FROM thing ORDER BY id'), [
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
    ]);
    await worker.waitForStep('cleaned', { load: id });
    const names = worker.steps.filter(({ load }) => load === id).map(({ step }) => step);
    t.strictSame(
      names
        .filter((name) => ['claimed', 'planned', 'applied', 'committed', 'finished'].includes(name))
        .slice(0, 5),
      ['claimed', 'planned', 'applied', 'committed', 'finished'],
    );
    t.equal(world.proxies.target.cut() > 0, true, 'the worker came by the proxy');
  });
}

t.test(
  'a paused worker stands still, goes on when told to, and a signal reaches it at its step',
  async (t) => {
    const world = await startWorld(t, { backend: 'redis', servers });
    const armings = [{ step: 'applied', act: 'pause' } as const];
    const [, worker] = await Promise.all([world.startApi(), world.startWorker({ armings })]);
    const id = await submitThings(world);
    t.strictSame(await worker.waitForArming(0), { step: 'applied', load: id });
    t.strictSame(await world.inTarget('SELECT * FROM thing'), [], 'nothing is committed');
    t.match(
      await world.inTarget(`SELECT state FROM pg_stat_activity WHERE application_name LIKE 'copydock/%'`),
      [{ state: 'idle in transaction' }],
    );
    worker.resume();
    await world.api.waitUntilDone(id);
    const killed = await worker.arm({ step: 'claimed', act: 'SIGKILL' });
    const second = await world.api.post({
      load_type: 'delta',
      data_set: 'thing',
      path: world.path('things.csv'),
    });
    await killed.fired();
    t.match(await worker.exited, { signal: 'SIGKILL' });
    t.notOk(worker.isRunning);
    t.match(await world.api.get(`/v1/loads/${second.id}`), { status: 'queued', done: false });
  },
);

t.test('a stopped worker shows no life until it is continued', async (t) => {
  const world = await startWorld(t, { backend: 'redis', servers });
  const armings = [{ step: 'planned', act: 'SIGSTOP' } as const];
  const [, worker] = await Promise.all([world.startApi(), world.startWorker({ armings })]);
  const id = await submitThings(world);
  await worker.waitForArming(0);
  t.strictSame(await world.inTarget('SELECT * FROM thing'), []);
  worker.kill('SIGCONT');
  t.match(await world.api.waitUntilDone(id), { status: 'succeeded' });
});

t.test('PostgreSQL and Redis are stopped as by a crash, and come back', async (t) => {
  const own = await startServers(t);
  const world = await startWorld(t, { backend: 'redis', servers: own });
  await world.inTarget('CREATE TABLE kept (id int); CREATE UNLOGGED TABLE lost (id int)');
  await world.inTarget('INSERT INTO kept VALUES (1); INSERT INTO lost VALUES (1)');
  await own.target.stopImmediately();
  await t.rejects(world.inTarget('SELECT 1'));
  await own.target.start();
  t.strictSame(
    await world.inTarget('SELECT (SELECT count(*)::int FROM kept) AS kept, count(*)::int AS lost FROM lost'),
    [{ kept: 1, lost: 0 }],
  );
  const [api] = await Promise.all([world.startApi()]);
  await own.redis.kill();
  t.ok(api.isRunning);
  const id = await submitThings(world);
  t.match(await world.api.get(`/v1/loads/${id}`), { http: 200, status: 'queued' });
  await own.redis.start();
  await world.startWorker();
  t.match(await world.api.waitUntilDone(id), { status: 'succeeded' });
});

t.test('litter is seen, and its absence', async (t) => {
  const world = await startWorld(t, { backend: 'redis', servers });
  t.strictSame(await world.waitUntilClean(0), CLEAN);
  await world.inTarget('CREATE TABLE copydock.staging_left (id int)');
  t.strictSame((await world.waitUntilClean(0)).tables, ['staging_left']);
});
