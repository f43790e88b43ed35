import { randomUUID } from 'node:crypto';
import t, { type Test } from 'tap';
import { type Body, possible, type Stack, startStack } from '../stack.js';
import { CASES, type Case, type Row } from './cases.js';

const STRATEGIES = possible(['direct', 'delete_insert', 'diff', 'swap', 'partition']);
const COMPARES = 'diff';
/** What no case without a word of its own can use. */
const REFUSED: Record<'whole' | 'scoped', Record<string, RegExp | null>> = {
  whole: { partition: /replaced as a whole/ },
  scoped: { swap: /other data sets/, partition: /no partition/ },
};

for (const isScoped of [false, true]) {
  t.test(isScoped ? 'one data set of a table' : 'whole tables', async (t) => {
    const stack = await startStack(t, {
      role: 'superuser',
      worker: { partSizeBytes: 32, bufferBytes: 512 },
      tables: new Map(isScoped ? [['public.item', { scopeColumn: 'owner', lockTarget: false }]] : []),
    });
    for (const example of CASES.filter((one) => (one.isScoped ?? false) === isScoped)) {
      await t.test(example.name, (t) => compareStrategies(t, stack, example));
    }
    t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
  });
}

async function compareStrategies(t: Test, stack: Stack, example: Case): Promise<void> {
  const path = await putSource(stack, example);
  const tables: Row[][] = [];
  for (const strategy of STRATEGIES) {
    await stack.sql('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    await stack.sql(example.setUp);
    const before = await readRows(stack, example);
    const request = { load_type: 'full', data_set: 'mine', table: 'item', path, ...example.request };
    const load = await stack.load({ ...request, commit_strategy: strategy });
    const refusal =
      { ...REFUSED[example.isScoped ? 'scoped' : 'whole'], ...example.refused }[strategy] ?? null;
    if (refusal !== null) {
      const error = { code: 'strategy_not_possible', detail: refusal };
      t.match(load, { status: 'failed', error }, strategy);
      t.strictSame(await readRows(stack, example), before, `${strategy} changed nothing`);
      continue;
    }
    t.match(load, { status: 'succeeded', commit_plan: { strategy } }, JSON.stringify(load.error));
    checkReceipt(t, example, strategy, load, before.length);
    tables.push(await readRows(stack, example));
    t.strictSame(tables.at(-1), sorted(example.rows), strategy);
    t.strictSame(tables.at(-1), tables[0], `${strategy} gives the table of the others`);
  }
  t.ok(tables.length >= 2, 'at least two were compared');
}

async function putSource(stack: Stack, { csv }: Case): Promise<string> {
  const files = typeof csv === 'string' ? [csv] : csv;
  const prefix = `${randomUUID()}/`;
  for (const [at, body] of files.entries()) await stack.put(`${prefix}${at}.csv`, body);
  return `s3://${stack.source}/${prefix}`;
}

function checkReceipt(
  t: Test,
  { receipt, difference, isScoped, rows }: Case,
  strategy: string,
  load: Body,
  rowsBefore: number,
): void {
  const others = isScoped ? rows.filter(([, owner]) => owner !== 'mine').length : 0;
  const loaded = receipt.loaded ?? 0;
  const replaced = { inserted: loaded, updated: 0, unchanged: 0, deleted: rowsBefore - others };
  t.match(
    load.receipt,
    { ...receipt, ...(strategy === COMPARES ? difference : replaced) },
    `${strategy}: ${JSON.stringify(load.receipt)}`,
  );
}

async function readRows(stack: Stack, { columns }: Case): Promise<Row[]> {
  const texts = columns.map((column) => `${column}::text`).join(', ');
  const rows = await stack.sql(
    `SELECT ARRAY[${texts}] AS row FROM (SELECT set_config('TimeZone', 'UTC', false)) z, item`,
  );
  return sorted(rows.map(({ row }) => row as Row));
}

function sorted(rows: Row[]): Row[] {
  return rows
    .map((row) => JSON.stringify(row))
    .sort()
    .map((row) => JSON.parse(row) as Row);
}
