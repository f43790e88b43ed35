import pg from 'pg';
import t, { type Test } from 'tap';
import { type Body, type Stack, startStack } from '../stack.js';

const A = 11;
const B = 12;

/** Each row waits for the advisory lock of its number before it is inserted. */
async function startGated(t: Test): Promise<Stack> {
  const stack = await startStack(t, { backend: 'redis' });
  await stack.sql('CREATE TABLE gated (id int PRIMARY KEY)');
  await stack.sql(`CREATE FUNCTION pass_gate() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock_shared(NEW.id); RETURN NEW; END $$`);
  await stack.sql('CREATE TRIGGER gate BEFORE INSERT ON gated FOR EACH ROW EXECUTE FUNCTION pass_gate()');
  return stack;
}

async function closeGate(t: Test, stack: Stack, gate: number): Promise<() => Promise<void>> {
  const client = new pg.Client(stack.databaseUrl);
  client.on('error', () => {});
  await client.connect();
  let opened: Promise<void> | undefined;
  const open = () => {
    opened ??= client.end();
    return opened;
  };
  t.teardown(open);
  await client.query('SELECT pg_advisory_lock($1)', [gate]);
  return open;
}

async function postRow(stack: Stack, name: string, row: string): Promise<Body> {
  await stack.put(`${name}.csv`, `id\n${row}\n`);
  const path = `s3://${stack.source}/${name}.csv`;
  return stack.post({ load_type: 'full', data_set: 'gated', path, commit_strategy: 'delete_insert' });
}

const isAtGate = ({ status, waiting_for }: Body) =>
  status === 'committing' && waiting_for?.reason === 'target';

t.test(
  'a load that commits makes way for an earlier one that is retried, and goes on after it',
  async (t) => {
    const stack = await startGated(t);
    const earlier = await postRow(stack, 'a', 'not a number');
    t.equal((await stack.waitUntilDone(earlier.id)).status, 'failed');
    await stack.put('a.csv', `id\n${A}\n`);
    const openA = await closeGate(t, stack, A);
    const openB = await closeGate(t, stack, B);

    const later = await postRow(stack, 'b', String(B));
    await stack.waitUntil(later.id, isAtGate);
    await stack.tell(earlier.id, 'retry');
    await stack.waitUntil(earlier.id, isAtGate);
    await openB();
    const waiting = await stack.waitUntil(
      later.id,
      ({ waiting_for }) => waiting_for?.reason === 'earlier_load',
    );
    t.equal(waiting.status, 'committing');
    await openA();

    for (const { id } of [earlier, later]) t.equal((await stack.waitUntilDone(id)).status, 'succeeded');
    t.strictSame(await stack.sql('SELECT id FROM gated'), [{ id: B }]);
    const committed = await stack.sql('SELECT load_id FROM copydock.committed_loads ORDER BY committed_at');
    t.strictSame(
      committed.map(({ load_id }) => load_id),
      [earlier.id, later.id],
    );
  },
);

t.test(
  'what a dead worker of a waiting load left in the target does not block the earlier load',
  async (t) => {
    const stack = await startGated(t);
    const earlier = await postRow(stack, 'a', 'not a number');
    await stack.waitUntilDone(earlier.id);
    await stack.put('a.csv', `id\n${A}\n`);
    const openA = await closeGate(t, stack, A);
    await stack.tell(earlier.id, 'retry');
    await stack.waitUntil(earlier.id, isAtGate);

    const dead = new pg.Client(stack.config.databaseUrl);
    const ended = new Promise((resolve) => dead.on('error', resolve));
    await dead.connect();
    t.teardown(() => dead.end());
    const later = await postRow(stack, 'b', String(B));
    await dead.query('BEGIN');
    await dead.query(`SELECT set_config('application_name', $1, true)`, [`copydock/${later.id}/0`]);
    await dead.query('SELECT FROM copydock.fences FOR UPDATE');
    await stack.waitUntil(later.id, ({ waiting_for }) => waiting_for?.reason === 'earlier_load');
    await stack.sql(`UPDATE copydock.loads SET status = 'committing' WHERE id = $1`, [later.id]);
    await ended;
    t.equal(
      (await stack.get(`/v1/loads/${earlier.id}`)).done,
      false,
      'the earlier load has not been through',
    );
    await openA();
    for (const { id } of [earlier, later]) t.equal((await stack.waitUntilDone(id)).status, 'succeeded');
  },
);
