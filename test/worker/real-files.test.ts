import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import t from 'tap';
import { type Stack, startStack } from './stack.js';

const DEMO_DIR = join(import.meta.dirname, '../../demo');
const TABLES = ['typology', 'licence', 'organisation', 'dataset', 'old_entity'];
const DATA_SETS = ['article-4-direction', 'ancient-woodland'];
const DEFAULT_PART_BYTES = 8 * 1024 * 1024;

interface Column {
  name: string;
  type: string;
  isText: boolean;
}
type Row = Record<string, string | null>;

t.test('the real files arrive value by value, in parts of any size and by both strategies', async (t) => {
  for (const partSizeBytes of [DEFAULT_PART_BYTES, 256]) {
    const stack = await startFilledStack(t, partSizeBytes);
    for (const strategy of ['direct', 'delete_insert']) {
      for (const table of TABLES) {
        await t.test(`${table}, ${strategy}, parts of ${partSizeBytes} bytes`, async (t) => {
          const source = await readSource(table);
          // Its rows can't be replaced while others refer to them.
          if (table === 'licence') await stack.sql('DELETE FROM dataset');
          const load = await stack.load({ ...request(stack, table, table), commit_strategy: strategy });
          t.match(load, { status: 'succeeded', error: null, commit_plan: { strategy } });
          t.match(load.receipt, { read: source.rows.length, loaded: source.rows.length, filtered: 0 });
          if (partSizeBytes === 256 && source.sizeBytes > 1024) t.ok(load.receipt.parts >= 3, 'three parts');
          if (partSizeBytes === DEFAULT_PART_BYTES) t.equal(load.receipt.parts, 1);
          await checkTable(t, stack, table, source.rows);
        });
      }
    }
    t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
  }
});

t.test('the entity file, once per data set in it, fills the shared table by halves', async (t) => {
  for (const partSizeBytes of [DEFAULT_PART_BYTES, 256]) {
    const stack = await startFilledStack(t, partSizeBytes);
    const source = await readSource('entity');
    for (const strategy of ['direct', 'delete_insert']) {
      const arrived: Row[] = [];
      for (const dataSet of DATA_SETS) {
        const own = source.rows.filter((row) => row.dataset === dataSet);
        const load = await stack.load({
          ...request(stack, dataSet, 'entity'),
          table: 'entity',
          commit_strategy: strategy,
        });
        t.match(load, { status: 'succeeded', commit_plan: { strategy } }, JSON.stringify(load.error));
        t.match(load.receipt, {
          read: source.rows.length,
          loaded: own.length,
          filtered: source.rows.length - own.length,
        });
        if (partSizeBytes === 256) t.ok(load.receipt.parts >= 3, `${load.receipt.parts} parts`);
        if (strategy === 'direct') arrived.push(...own);
        await checkTable(t, stack, 'entity', strategy === 'direct' ? arrived : source.rows);
      }
    }
    t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
  }
});

t.test('an unquoted empty value is NULL, a quoted one an empty text and NULL in other types', async (t) => {
  const stack = await startStack(t, { backend: 'redis' });
  await stack.sql(
    'CREATE TABLE empties (id int PRIMARY KEY, words text, short varchar(5), day date, n numeric, flag boolean, doc jsonb, list text[])',
  );
  await stack.put('e.csv', 'id,words,short,day,n,flag,doc,list\n1,,,,,,,\n2,"","","","","","",""\n');
  for (const strategy of ['direct', 'delete_insert']) {
    const load = await stack.load({
      ...request(stack, 'empties', ''),
      path: `s3://${stack.source}/e.csv`,
      csv: {},
      commit_strategy: strategy,
    });
    t.equal(load.status, 'succeeded', JSON.stringify(load.error));
    const none = { day: null, n: null, flag: null, doc: null, list: null };
    t.strictSame(await stack.sql('SELECT * FROM empties ORDER BY id'), [
      { id: 1, words: null, short: null, ...none },
      { id: 2, words: '', short: '', ...none },
    ]);
  }
});

async function startFilledStack(t: Tap, partSizeBytes: number): Promise<Stack> {
  const stack = await startStack(t, {
    backend: 'redis',
    worker: { partSizeBytes, bufferBytes: 16 * partSizeBytes },
    tables: new Map([['public.entity', { scopeColumn: 'dataset', lockTarget: false }]]),
  });
  await stack.sql(await readFile(join(DEMO_DIR, 'schema.sql'), 'utf8'));
  for (const table of [...TABLES, 'entity']) {
    await stack.put(`${table}.csv`, await readFile(sourceFile(table)));
  }
  return stack;
}
type Tap = Parameters<typeof startStack>[0];

function request(stack: Stack, dataSet: string, file: string) {
  const path = `s3://${stack.source}/${file}.csv`;
  return { load_type: 'full', data_set: dataSet.replaceAll('_', '-'), path, csv: { delimiter: '|' } };
}

function sourceFile(table: string): string {
  return join(DEMO_DIR, `data/planning/exported_${table}.csv`);
}

/** The file as an independent reader reads it; a quoted empty value stays one. */
async function readSource(table: string): Promise<{ rows: Row[]; sizeBytes: number }> {
  const text = await readFile(sourceFile(table), 'utf8');
  const rows: Row[] = parse(text, {
    delimiter: '|',
    columns: (names: string[]) => names.map((name) => name.replaceAll('-', '_')),
    cast: (value, { quoting }) => (value === '' && !quoting ? null : value),
  });
  return { rows, sizeBytes: Buffer.byteLength(text) };
}

/** The table must hold the rows of the file: text as it stands there, other types as PostgreSQL reads each value. */
async function checkTable(t: Tap, stack: Stack, table: string, rows: Row[]): Promise<void> {
  const columns = (await stack.sql(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, typcategory = 'S' AS "isText"
       FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
      WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum`,
    [table],
  )) as unknown as Column[];
  const asText = columns.map(({ name }) => `${name}::text AS ${name}`).join(', ');
  const found = await stack.sql(`SELECT ${asText} FROM ${table}`);
  const expected: Record<string, unknown>[] = [];
  for (const row of rows) expected.push(await castRow(stack, columns, row));
  const sorted = (list: Record<string, unknown>[]) => list.map((row) => JSON.stringify(row)).sort();
  t.strictSame(sorted(found), sorted(expected), `${rows.length} rows of ${table}`);
}

async function castRow(stack: Stack, columns: Column[], row: Row): Promise<Record<string, unknown>> {
  const casts = columns.map(({ name, type }, index) => `$${index + 1}::text::${type}::text AS ${name}`);
  const values = columns.map(({ name, isText }) =>
    row[name] === '' && !isText ? null : (row[name] ?? null),
  );
  const [cast] = await stack.sql(`SELECT ${casts.join(', ')}`, values);
  return cast ?? {};
}
