import pg from 'pg';
import t from 'tap';
import { type Stack, startStack } from '../stack.js';

async function openClient(t: Parameters<typeof startStack>[0], stack: Stack): Promise<pg.Client> {
  const client = new pg.Client(stack.databaseUrl);
  client.on('error', () => {});
  await client.connect();
  t.teardown(() => client.end());
  return client;
}

t.test('a load that loses a deadlock or can not be serialised is tried again', async (t) => {
  const stack = await startStack(t, { backend: 'redis' });
  const request = { load_type: 'delta', data_set: 'item', path: `s3://${stack.source}/item.csv` };
  const rows = () => stack.sql('SELECT id, note FROM item ORDER BY id');
  await stack.put('item.csv', 'id,note\n1,new\n2,new\n');
  await stack.sql(
    `CREATE TABLE item (id int PRIMARY KEY, note text); INSERT INTO item VALUES (1, 'old'), (2, 'old')`,
  );

  await t.test('deadlock', async (t) => {
    const [{ name } = {}] = await stack.sql('SELECT current_database() AS name');
    // Whose timer runs out first loses: the load, which waits first, all the more on a slow machine.
    await stack.sql(`ALTER DATABASE ${name} SET deadlock_timeout = '3s'`);
    const other = await openClient(t, stack);
    await other.query(`SET deadlock_timeout = '10min'; BEGIN; UPDATE item SET note = 'other' WHERE id = 2`);
    const { id } = await stack.post(request);
    await stack.waitUntilSql(`SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name LIKE 'copydock/%'
      AND datname = current_database() AND wait_event = 'transactionid') AS done`);
    await other.query(`UPDATE item SET note = 'other' WHERE id = 1`);
    t.strictSame((await other.query('SELECT id, note FROM item ORDER BY id')).rows, [
      { id: 1, note: 'other' },
      { id: 2, note: 'other' },
    ]);
    await other.query('COMMIT');
    const load = await stack.waitUntilDone(id);
    t.match(load, { status: 'succeeded', receipt: { updated: 2 } }, JSON.stringify(load.error));
    t.strictSame(await rows(), [
      { id: 1, note: 'new' },
      { id: 2, note: 'new' },
    ]);
  });

  await t.test('serialisation failure', async (t) => {
    await stack.sql(`UPDATE item SET note = 'old'; CREATE SEQUENCE tries;
      CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('public.tries') = 1 THEN RAISE EXCEPTION 'once' USING ERRCODE = 'serialization_failure'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER fail_once BEFORE UPDATE ON item FOR EACH STATEMENT EXECUTE FUNCTION fail_once()`);
    const load = await stack.load(request);
    t.match(load, { status: 'succeeded', receipt: { updated: 2 } }, JSON.stringify(load.error));
    t.strictSame(await stack.sql('SELECT last_value::int AS tries FROM tries'), [{ tries: 2 }]);
  });
});
