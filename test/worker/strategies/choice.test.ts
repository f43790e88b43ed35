import t from 'tap';
import { type Stack, startStack } from '../stack.js';

const ROWS = 6_000;
const FILLER = 'x'.repeat(200);

/** Many indexes: what need not be written is worth being compared. */
async function startFilled(t: Parameters<typeof startStack>[0]): Promise<Stack> {
  const stack = await startStack(t, { worker: { partSizeBytes: 256 * 1024, bufferBytes: 1024 * 1024 } });
  const indexes = Array.from({ length: 9 }, (_, at) => `CREATE INDEX ON entity (id, n, (n + ${at}));`);
  await stack.sql(`CREATE TABLE entity (id int PRIMARY KEY, n int, filler text); ${indexes.join('\n')}
    CREATE VIEW of_entity AS SELECT id FROM entity;
    INSERT INTO entity SELECT i, 0, '${FILLER}' FROM generate_series(1, ${ROWS}) i; ANALYZE entity`);
  return stack;
}

function source(isChanged: (id: number) => boolean): string {
  const rows = Array.from({ length: ROWS }, (_, at) => `${at + 1},${isChanged(at + 1) ? 1 : 0},${FILLER}\n`);
  return `id,n,filler\n${rows.join('')}`;
}

async function loadEntity(stack: Stack, csv: string) {
  await stack.put('entity.csv', csv);
  return stack.load({ load_type: 'full', data_set: 'entity', path: `s3://${stack.source}/entity.csv` });
}

t.test('the first load of a data set looks at how many rows differ before it chooses', async (t) => {
  const stack = await startFilled(t);
  const all = await loadEntity(
    stack,
    source(() => true),
  );
  t.match(all, { status: 'succeeded', commit_plan: { strategy: 'direct' } }, JSON.stringify(all.error));
  t.match(all.receipt, { inserted: ROWS, deleted: ROWS });
  const few = await loadEntity(
    stack,
    source((id) => id % 100 !== 7),
  );
  t.match(few, { status: 'succeeded', commit_plan: { strategy: 'diff', reason: /1% of the rows changed/ } });
  t.match(few.receipt, { updated: ROWS / 100, unchanged: ROWS - ROWS / 100 });
  const again = await loadEntity(
    stack,
    source((id) => id % 100 !== 7),
  );
  t.match(
    again,
    { status: 'succeeded', commit_plan: { strategy: 'diff' } },
    'what a comparison found is used',
  );
  t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
});

t.test('a record that the table does not take fails the load, not the choice', async (t) => {
  const stack = await startFilled(t);
  const load = await loadEntity(stack, source(() => true).replace('\n3,1,', '\n3,one,'));
  t.match(load, { status: 'failed', error: { code: 'bad_value', line: 4, column: 'n' } });
  t.strictSame(await stack.sql('SELECT DISTINCT n FROM entity'), [{ n: 0 }]);
});
