import t from 'tap';
import { type Stack, startStack } from './stack.js';

const COLUMNS = 'CREATE TABLE entity (entity bigint PRIMARY KEY, name text)';
const PART_BYTES = 256;

function csv(from: number, rows: number, name: string): string {
  const lines = Array.from({ length: rows }, (_, index) => `${from + index},"${name}\n${from + index}"`);
  return `entity,name\n${lines.join('\n')}\n`;
}

function request(stack: Stack) {
  return {
    load_type: 'full',
    data_set: 'entity',
    path: `s3://${stack.source}/data/`,
    commit_strategy: 'direct',
  };
}

async function startSmallParts(t: Parameters<typeof startStack>[0], directMaxMs = 300_000): Promise<Stack> {
  const stack = await startStack(t, {
    worker: { partSizeBytes: PART_BYTES, bufferBytes: 4 * PART_BYTES, directMaxMs },
  });
  await stack.sql(COLUMNS);
  return stack;
}

t.test('many parts of several objects arrive in one pass, with little memory', async (t) => {
  const stack = await startSmallParts(t);
  for (const object of [0, 1, 2]) await stack.put(`data/${object}.csv`, csv(object * 100, 100, 'new'));
  await stack.sql(`INSERT INTO entity VALUES (1, 'old'), (999, 'old')`);
  const load = await stack.load({ ...request(stack), allow_shrink: true });
  t.match(load, { status: 'succeeded', commit_plan: { strategy: 'direct' } });
  t.match(load.receipt, { read: 300, loaded: 300, inserted: 300, deleted: 2, source_objects: 3 });
  t.ok(load.receipt.parts > 10);
  t.equal(load.progress.parts_staged, load.receipt.parts);
  const rows = await stack.sql(
    `SELECT count(*)::int AS rows, bool_and(name = E'new\\n' || entity) AS whole FROM entity`,
  );
  t.strictSame(rows, [{ rows: 300, whole: true }]);
  t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
});

t.test('a load that takes too long goes on through a staging table', async (t) => {
  const stack = await startSmallParts(t, 1);
  await stack.put('data/0.csv', csv(0, 200, 'new'));
  await stack.sql(`INSERT INTO entity VALUES (1, 'old')`);
  const load = await stack.load(request(stack));
  t.match(load, { status: 'succeeded', commit_plan: { strategy: 'delete_insert' } });
  t.match(load.commit_plan.reason, /direct was not done within/);
  t.match(load.receipt, { read: 200, loaded: 200, deleted: 1 });
  t.strictSame(await stack.sql('SELECT count(*)::int AS rows FROM entity'), [{ rows: 200 }]);
  t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
});

t.test('a bad row in a later part is named by its line, and the target is as it was', async (t) => {
  const stack = await startSmallParts(t);
  await stack.put('data/0.csv', `${csv(0, 60, 'new')}x,bad\n${csv(100, 60, 'new').slice(12)}`);
  await stack.sql(`INSERT INTO entity VALUES (1, 'old')`);
  const load = await stack.load(request(stack));
  t.match(load, { status: 'failed', error: { line: 122, column: 'entity' } });
  t.strictSame(await stack.sql('SELECT name FROM entity'), [{ name: 'old' }]);
  t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
});

t.test('a key that comes twice is named by both lines, though its parts are far apart', async (t) => {
  const stack = await startSmallParts(t);
  await stack.put('data/0.csv', `${csv(0, 60, 'new')}3,again\n`);
  const load = await stack.load(request(stack));
  t.match(load, { status: 'failed', error: { code: 'duplicate_key', line: 122 } });
  t.match(load.error.detail, /line 8 and .* line 122/);
});

t.test('what is known only at the end of the source is checked before anything is committed', async (t) => {
  const stack = await startSmallParts(t);
  await stack.put('data/0.csv', csv(0, 20, 'new'));
  await stack.sql(`INSERT INTO entity VALUES (1, 'old')`);
  const load = await stack.load({ ...request(stack), expected_rows: 21 });
  t.match(load, { status: 'failed', error: { code: 'row_count_mismatch' } });
  t.strictSame(await stack.sql('SELECT name FROM entity'), [{ name: 'old' }]);
});
