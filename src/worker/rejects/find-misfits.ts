import type pg from 'pg';
import type { PartRow } from '../../postgres/control-database/plans.js';
import { copyIn, copyStatement } from '../../postgres/target-database/copy-in.js';
import { quoteConverter } from '../../postgres/target-database/geometry.js';
import type { CheckedColumn, RecordRules } from '../../postgres/target-database/rejects/check-function.js';
import { openValueCheck } from '../../postgres/target-database/rejects/value-check.js';
import { readRowChecks } from '../../postgres/target-database/row-checks.js';
import type { LoadRun } from '../load-run.js';
import type { Plan } from '../plan/plan-document.js';
import { copyOptions } from '../transfer/copy-part.js';
import { MAX_KEPT } from './limit-rejects.js';
import type { Fault } from './make-rejects.js';
import type { RecordIndex } from './record-index.js';
import { goodNumbers, sliceRecords } from './slice-records.js';

/** Types of which every text is a value. */
const FREE_TEXT = new Set(['text', 'character varying', 'citext']);
/** Beyond those that are kept in full. */
const NOT_KEPT: Fault = { column: null, sqlstate: '', reason: '' };

/** Of a part's records that are not left out those with a value that does not fit its column, by their number in the part. */
export async function findMisfits(
  run: LoadRun,
  plan: Plan,
  part: PartRow,
  body: Buffer,
  index: RecordIndex,
  leftOut: ReadonlyMap<number, Fault>,
  signal: AbortSignal,
): Promise<[number: number, fault: Fault][]> {
  const options = { schema: plan.plan.target.schema, signal, isUnlogged: true };
  const { numbers, details } = await run.inTarget(options, async (client) => {
    const rules = { columns: checkedColumns(plan, part), ...(await readChecks(client, plan, part)) };
    const check = await openValueCheck(client, plan.stagingTable, part.part, rules);
    const into = { table: check.table, columns: part.columns, options: copyOptions(plan) };
    await copyIn(client, copyStatement(into), sliceRecords(body, index, leftOut), signal);
    const found = await check.readMisfits(MAX_KEPT);
    await check.end();
    return found;
  });
  const sent = goodNumbers(index, leftOut);
  return numbers.map((number, nth) => [sent[number - 1] ?? -1, details[nth] ?? NOT_KEPT]);
}

/** As the table has them that the part is copied into. */
async function readChecks(
  client: pg.ClientBase,
  { plan: { staging, scope, newTable } }: Plan,
  { columns }: PartRow,
): Promise<Pick<RecordRules, 'checks' | 'scope'>> {
  if (staging.checks === undefined) return { checks: [], scope };
  const table = newTable?.isCopiedInto ? newTable.replaces : staging.checks.table;
  return { checks: await readRowChecks(client, { table, scope }, columns), scope };
}

function checkedColumns({ plan: { staging } }: Plan, part: PartRow): CheckedColumn[] {
  return part.columns.map((name) => {
    const position = staging.columns.findIndex((column) => column.name === name);
    const column = staging.columns[position];
    return {
      name,
      isFreeText: FREE_TEXT.has(column?.type ?? 'text'),
      isNotNull: column?.isNotNull === true,
      converter: column?.geometry === undefined ? null : quoteConverter(staging.name, position),
    };
  });
}
