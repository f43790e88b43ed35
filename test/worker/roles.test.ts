import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { migrateTarget } from '../../src/postgres/migrate.js';
import { MIGRATIONS_DIR } from '../../src/postgres/pending-migrations.js';
import { createPool } from '../../src/postgres/pool.js';
import { pruneCommitted } from '../../src/postgres/target-database/prune-committed.js';
import { asRole, createTestDatabase, withClient } from '../services/database.js';
import { type Stack, startStack } from './stack.js';

t.setTimeout(240_000);

const ITEM = `CREATE TABLE item (id int PRIMARY KEY, number serial, note text); INSERT INTO item (id, note) VALUES (7, 'old')`;

interface Apart {
  stack: Stack;
  /** Runs SQL in the target as its owner. */
  inTarget(sql: string): Promise<Record<string, unknown>[]>;
  load(request: object): ReturnType<Stack['load']>;
  targetUrl: string;
}

/** Control database and target are two; in each the service has the rights that its file gives, and no other. */
async function startApart(t: Test): Promise<Apart> {
  const targetUrl = await createTestDatabase(t, { migrated: false });
  const inTarget = (sql: string) =>
    withClient(targetUrl, async (client) => (await client.query<Record<string, unknown>>(sql)).rows);
  await migrateTarget(targetUrl);
  await inTarget(`${ITEM}; CREATE SCHEMA other; CREATE TABLE other.item (LIKE item INCLUDING ALL)`);
  const rights = await readFile(join(MIGRATIONS_DIR, 'roles/loader.sql'), 'utf8');
  await inTarget(`SET copydock.target_schemas = 'public, other'; ${rights}`);
  const stack = await startStack(t, {
    role: 'test_control',
    environment: { databaseUrl: asRole(targetUrl, 'test_loader'), targetSchemas: ['public', 'other'] },
    worker: { partSizeBytes: 16, bufferBytes: 1024, directMaxBytes: 64 },
  });
  await stack.put('item.csv', 'id,note\n1,a\n2,b\n3,c\n');
  const path = `s3://${stack.source}/item.csv`;
  const load = (request: object) =>
    stack.load({ load_type: 'full', data_set: 'mine', table: 'item', path, ...request });
  return { stack, inTarget, load, targetUrl };
}

t.test('every strategy that changes rows needs no more than the documented rights', async (t) => {
  const { stack, inTarget, load, targetUrl } = await startApart(t);
  await stack.put('more.csv', 'id,note\n11,a\n12,b\n');
  await stack.put('whole.csv', 'id,number,note\n1,1,a\n2,8,c\n');
  for (const request of [
    { commit_strategy: 'direct' },
    { commit_strategy: 'delete_insert', duplicates: 'last' },
    { commit_strategy: 'diff', path: `s3://${stack.source}/whole.csv` },
    { load_type: 'delta' },
    { table: 'other.item' },
    { table: 'other.item', load_type: 'delta', disposition: 'append', path: `s3://${stack.source}/more.csv` },
  ]) {
    const ended = await load(request);
    t.match(ended, { status: 'succeeded' }, JSON.stringify([request, ended.error]));
  }
  t.strictSame(await inTarget('SELECT count(*)::int AS rows FROM other.item'), [{ rows: 5 }]);
  t.strictSame(
    await inTarget(`SELECT count(*)::int AS columns FROM pg_stats WHERE schemaname = 'other'`),
    [{ columns: 3 }],
    'the role may analyze what it loaded',
  );
  t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
  const pool = createPool(asRole(targetUrl, 'test_loader'), { applicationName: 'test', max: 1 });
  t.teardown(() => pool.end());
  await inTarget(`UPDATE copydock.committed_loads SET committed_at = now() - interval '2 years'`);
  t.ok((await pruneCommitted(pool, 365)) > 0, 'old rows of committed_loads are forgotten');
});

t.test('what needs more is refused with the reason', async (t) => {
  const { inTarget, load } = await startApart(t);
  for (const [request, error] of [
    [
      { commit_strategy: 'swap' },
      { code: 'strategy_not_possible', detail: /role test_loader does not own it/ },
    ],
    [
      { load_type: 'sample' },
      { code: 'target_access_denied', detail: /permission denied for schema public/ },
    ],
    [
      { table: 'fresh', create_table: true },
      { code: 'target_access_denied', detail: /permission denied for schema public/, hint: /loader\.sql/ },
    ],
  ] as const) {
    t.match((await load(request)).error, error, JSON.stringify(request));
  }
  await inTarget(`REVOKE DELETE ON item FROM copydock_loader`);
  t.match((await load({ commit_strategy: 'delete_insert' })).error, {
    code: 'target_access_denied',
    detail: /permission denied for table item/,
    hint: /migrations\/roles\/loader\.sql/,
  });
});

t.test('an owner who may make tables can swap and take samples', async (t) => {
  const { inTarget, load } = await startApart(t);
  await inTarget(
    'GRANT CREATE ON SCHEMA public TO copydock_loader; ALTER TABLE item OWNER TO copydock_loader',
  );
  const swapped = await load({ commit_strategy: 'swap' });
  t.match(swapped, { status: 'succeeded', commit_plan: { strategy: 'swap' } }, JSON.stringify(swapped.error));
  t.strictSame(
    await inTarget(`SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE oid = 'item'::regclass`),
    [{ owner: 'copydock_loader' }],
  );
  for (const request of [{ load_type: 'sample' }, { table: 'fresh', create_table: true }]) {
    const ended = await load(request);
    t.match(ended, { status: 'succeeded' }, JSON.stringify(ended.error));
  }
});

t.test('the roles see and change nothing else', async (t) => {
  const url = await createTestDatabase(t, { migrated: true });
  await withClient(url, (client) => client.query('CREATE TABLE secret (id int)'));
  for (const [role, statements] of [
    [
      'test_loader',
      [
        'SELECT FROM secret',
        'SELECT FROM copydock.loads',
        'UPDATE copydock.committed_loads SET receipt = NULL',
        'DELETE FROM copydock.fences',
        'CREATE TABLE public.mine (id int)',
        `COPY copydock.fences FROM PROGRAM 'id'`,
        'CREATE ROLE another',
      ],
    ],
    [
      'test_control',
      [
        'SELECT FROM secret',
        'SELECT FROM copydock.fences',
        'DELETE FROM copydock.control_state',
        'UPDATE copydock.load_logs SET message = NULL',
        'CREATE TABLE copydock.mine (id int)',
        'CREATE SCHEMA mine',
      ],
    ],
  ] as const) {
    await withClient(asRole(url, role), async (client) => {
      for (const statement of statements)
        await t.rejects(client.query(statement), { code: '42501' }, `${role}: ${statement}`);
    });
  }
});
