import pg from 'pg';
import t from 'tap';
import { copyIn, copyStatement } from '../../../src/postgres/target-database/copy-in.js';
import { CopyFilter } from '../../../src/postgres/target-database/strategies/copy-filter.js';
import { createTestDatabase } from '../../services/database.js';

const OPTIONS = { delimiter: ',', quote: '"', escape: '"', nullString: '', encoding: 'UTF8', forceNull: [] };
const ROWS = '1,mine\n2,other\n3,\n4,mine\n';

async function connect(t: Parameters<typeof createTestDatabase>[0]): Promise<pg.Client> {
  const client = new pg.Client(await createTestDatabase(t, { migrated: true }));
  client.on('error', () => {});
  await client.connect();
  t.teardown(() => client.end());
  await client.query('CREATE TABLE entity (id int PRIMARY KEY, owner text)');
  return client;
}

async function copyMine(client: pg.Client, count: number): Promise<{ copied: number; excluded: number }> {
  await client.query('BEGIN');
  const filter = new CopyFilter(client, { column: 'owner', value: 'mine' });
  await filter.begin();
  let copied = 0;
  for (let copy = 0; copy < count; copy += 1) {
    const statement = copyStatement(
      { table: 'entity', columns: ['id', 'owner'], options: OPTIONS },
      filter.condition,
    );
    const rows = ROWS.replaceAll(/^/gm, (_, at: number) => (at < ROWS.length ? String(copy + 1) : ''));
    copied += await copyIn(client, statement, Buffer.from(rows), AbortSignal.timeout(60_000));
  }
  const excluded = await filter.countExcluded();
  await filter.end();
  await client.query('COMMIT');
  return { copied, excluded };
}

t.test('every record that is left out is counted, NULL included, over several copies', async (t) => {
  const client = await connect(t);
  t.strictSame(await copyMine(client, 3), { copied: 6, excluded: 6 });
  await client.query('TRUNCATE entity');
  t.strictSame(await copyMine(client, 1), { copied: 2, excluded: 2 }, 'each transaction counts from zero');
});

t.test('the condition is none that makes COPY insert rows one by one', async (t) => {
  const client = await connect(t);
  const { condition } = new CopyFilter(client, { column: 'owner', value: 'mine' });
  const names = [...(condition ?? '').matchAll(/(\w+)\(\)/g)].map(([, name]) => name);
  const { rows } = await client.query('SELECT provolatile FROM pg_proc WHERE proname = ANY($1)', [names]);
  t.strictSame(rows, [{ provolatile: 's' }]);
});
