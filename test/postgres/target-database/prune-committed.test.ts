import pg from 'pg';
import t from 'tap';
import { pruneCommitted } from '../../../src/postgres/target-database/prune-committed.js';
import { createTestDatabase } from '../../services/database.js';

const pool = new pg.Pool({ connectionString: await createTestDatabase(t, { migrated: true }) });
t.teardown(() => pool.end());

t.beforeEach(() => pool.query('TRUNCATE copydock.committed_loads, copydock.fences'));

async function commit(order: number, dataSet: string, daysAgo: number, loadType = 'full'): Promise<void> {
  await pool.query(
    `INSERT INTO copydock.committed_loads
       (load_id, load_order, load_type, data_set, target_table, scope, attempt, token, receipt, committed_at)
     VALUES ('l' || $1::int, $1, $2, $3, 'public.entity', 'public.entity/*', 1, 1, '{}', now() - $4 * interval '1 day')`,
    [order, loadType, dataSet, daysAgo],
  );
}

async function remaining(): Promise<string[]> {
  const { rows } = await pool.query('SELECT load_id FROM copydock.committed_loads ORDER BY load_order');
  return rows.map(({ load_id }) => load_id);
}

t.test('old rows go; the newest load of each data set of a table stays for ever', async (t) => {
  await commit(1, 'a', 500);
  await commit(2, 'b', 450);
  await commit(3, 'a', 400, 'delta');
  await commit(4, 'c', 500);
  await commit(5, 'c', 10);
  t.equal(await pruneCommitted(pool, 365), 2);
  t.same(await remaining(), ['l2', 'l3', 'l5']);
});

t.test('samples go, whichever is the newest, and count for nobody', async (t) => {
  await commit(1, 'a', 500);
  await commit(2, 'a', 400, 'sample');
  t.equal(await pruneCommitted(pool, 365), 1);
  t.same(await remaining(), ['l1']);
});

t.test('fences stay', async (t) => {
  await pool.query(
    `INSERT INTO copydock.fences (scope, control_id) VALUES ('public.gone/*', gen_random_uuid())`,
  );
  await commit(1, 'a', 500);
  await commit(2, 'a', 1);
  t.equal(await pruneCommitted(pool, 365), 1);
  t.equal((await pool.query('SELECT FROM copydock.fences')).rowCount, 1);
});

t.test('a thousand go at a time, the oldest first', async (t) => {
  await pool.query(
    `INSERT INTO copydock.committed_loads
       (load_id, load_order, load_type, data_set, target_table, scope, attempt, token, receipt, committed_at)
     SELECT 'l' || n, n, 'full', 'a', 'public.entity', 'public.entity/*', 1, 1, '{}', now() - interval '400 days' + n * interval '1 s'
     FROM generate_series(1, 1101) n`,
  );
  t.equal(await pruneCommitted(pool, 365), 1_000);
  t.equal((await remaining())[0], 'l1001');
  t.equal(await pruneCommitted(pool, 365), 100);
  t.same(await remaining(), ['l1101']);
});
