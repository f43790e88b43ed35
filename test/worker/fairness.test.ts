import t from 'tap';
import { holdLock } from './hold-lock.js';
import { type Body, type Stack, type StackOptions, startStack } from './stack.js';

const BACKLOG = 300;

t.setTimeout(240_000);

type Tap = Parameters<typeof startStack>[0];

async function startEntities(t: Tap, options: StackOptions): Promise<Stack> {
  const stack = await startStack(t, {
    hasWorker: false,
    tables: new Map([['public.entity', { scopeColumn: 'dataset', lockTarget: false }]]),
    ...options,
  });
  await stack.sql('CREATE TABLE entity (id text PRIMARY KEY, dataset text)');
  for (const name of ['big', 'small', 'other']) {
    await stack.put(`${name}.csv`, `id,dataset\n${name}-1,${name}\n${name}-2,${name}\n`);
  }
  return stack;
}

function submit(stack: Stack, name: string): Promise<Body> {
  const path = `s3://${stack.source}/${name}.csv`;
  return stack.post({ load_type: 'full', data_set: name, table: 'entity', path });
}

async function queueBacklog(stack: Stack): Promise<void> {
  for (let queued = 0; queued < BACKLOG; queued += 20) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => submit(stack, 'big')));
    const refused = answers.find(({ http }) => http !== 202);
    if (refused !== undefined) throw new Error(JSON.stringify(refused));
  }
}

async function readNumber(stack: Stack, query: string): Promise<number> {
  const [row] = await stack.sql(query);
  return Number(row?.n);
}

for (const backend of ['redis', 'postgres'] as const) {
  t.test(`a backlog of one data set holds up another for one turn (${backend})`, async (t) => {
    const concurrency = 2;
    const stack = await startEntities(t, { backend, environment: { concurrency } });
    await queueBacklog(stack);
    await stack.startWorker(t);
    await stack.waitUntilSql("SELECT count(*) >= 3 AS done FROM copydock.loads WHERE status = 'succeeded'");
    const { id } = await submit(stack, 'small');
    t.match(await stack.waitUntilDone(id), { status: 'succeeded', receipt: { loaded: 2 } });
    const begunBefore = await readNumber(
      stack,
      `SELECT count(*) AS n FROM copydock.loads big, copydock.loads small
       WHERE small.id = '${id}' AND big.data_set = 'big' AND big.started_at BETWEEN small.accepted_at AND small.started_at`,
    );
    t.ok(begunBefore <= concurrency, `${begunBefore} of the backlog began before it`);
    const waiting = await readNumber(
      stack,
      "SELECT count(*) AS n FROM copydock.loads WHERE status = 'queued'",
    );
    t.ok(waiting > BACKLOG / 2, `${waiting} of ${BACKLOG} still wait`);
  });

  t.test(`every load of a mixed backlog is loaded, in the order of its scope (${backend})`, async (t) => {
    const stack = await startEntities(t, { backend, environment: { concurrency: 2, maxActiveLoads: 3 } });
    const accepted: Body[] = [];
    for (let round = 0; round < 8; round += 1) {
      for (const name of ['big', 'big', 'small', 'other']) accepted.push(await submit(stack, name));
    }
    await stack.startWorker(t);
    await stack.startWorker(t);
    for (const { id } of accepted) t.equal((await stack.waitUntilDone(id)).status, 'succeeded');
    t.equal(
      await readNumber(
        stack,
        `SELECT count(*) AS n FROM copydock.committed_loads a JOIN copydock.committed_loads b USING (scope)
         WHERE a.load_order < b.load_order AND a.committed_at > b.committed_at`,
      ),
      0,
    );
    t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
  });
}

t.test('loads that wait for an earlier one occupy no slot', async (t) => {
  const stack = await startEntities(t, { backend: 'redis', environment: { concurrency: 2 } });
  await stack.sql('CREATE TABLE held (LIKE entity INCLUDING ALL)');
  const lock = await holdLock(t, stack, 'held', 'SHARE');
  await stack.startWorker(t);
  const held: Body[] = [];
  for (let count = 0; count < 6; count += 1) {
    held.push(
      await stack.post({
        load_type: 'full',
        data_set: 'big',
        table: 'held',
        path: `s3://${stack.source}/big.csv`,
        commit_strategy: 'delete_insert',
      }),
    );
  }
  await stack.waitUntilSql(
    "SELECT count(*) = 3 AS done FROM copydock.loads WHERE waiting_for->>'reason' = 'earlier_load'",
  );
  for (const name of ['small', 'other', 'small']) {
    t.equal((await stack.waitUntilDone((await submit(stack, name)).id)).status, 'succeeded');
  }
  const begun = await stack.sql(
    "SELECT count(*) FILTER (WHERE status = 'queued')::int AS queued FROM copydock.loads WHERE target_table = 'public.held'",
  );
  t.strictSame(begun, [{ queued: 2 }], 'beyond four of a scope none begins');
  await lock.release();
  for (const { id } of held) t.equal((await stack.waitUntilDone(id)).status, 'succeeded');
});

t.test(
  'no more loads are worked on at once than the environment allows, by all workers together',
  async (t) => {
    const stack = await startEntities(t, {
      backend: 'redis',
      environment: { concurrency: 4, maxActiveLoads: 2 },
    });
    const names = Array.from({ length: 8 }, (_, number) => `t${number}`);
    for (const name of names) await stack.sql(`CREATE TABLE ${name} (LIKE entity INCLUDING ALL)`);
    await stack.startWorker(t);
    await stack.startWorker(t);
    const locks = await Promise.all(names.map((name) => holdLock(t, stack, name, 'SHARE')));
    const loads: Body[] = [];
    for (const name of names) {
      loads.push(
        await stack.post({
          load_type: 'full',
          data_set: name,
          path: `s3://${stack.source}/big.csv`,
          commit_strategy: 'delete_insert',
        }),
      );
    }
    const countActive = () =>
      readNumber(
        stack,
        'SELECT count(*) AS n FROM copydock.loads WHERE lease_expires_at IS NOT NULL AND finished_at IS NULL',
      );
    await stack.waitUntilSql(
      "SELECT count(*) = 2 AS done FROM copydock.loads WHERE waiting_for->>'reason' = 'target'",
    );
    t.equal(await countActive(), 2);
    let most = 0;
    for (const [index, { id }] of loads.entries()) {
      await locks[index]?.release();
      let isDone = false;
      const ended = stack.waitUntilDone(id).then((load) => {
        isDone = true;
        return load;
      });
      while (!isDone) {
        most = Math.max(most, await countActive());
        await Promise.race([ended, stack.get(`/v1/loads/${id}?wait=1`)]);
      }
      t.equal((await ended).status, 'succeeded');
    }
    t.equal(most, 2);
  },
);
