import { CopydockError } from '../../../loads/errors.js';
import { quote, quoteColumns, quoteTable } from '../../identifiers.js';
import { loadableColumns } from '../catalog.js';
import { scopeCondition } from '../scope-filter.js';
import { quoteStaging } from '../staging-table.js';
import { type AppliedRows, countRows } from './applied.js';
import { dropEarlierDuplicates } from './deduplicate.js';
import { countFiltered } from './delete-insert.js';
import {
  type DifferenceCounts,
  type DifferenceInput,
  forgetDifference,
  matchDifference,
  noteDifference,
  quoteDifference,
} from './difference.js';
import { refuseCascade } from './refuse-cascade.js';
import { refuseDuplicates } from './refuse-staged.js';

/** Full load: writes only what differs. Rows that go, go first; then changed rows are updated, then new ones inserted. */
export async function applyDifference(input: DifferenceInput): Promise<AppliedRows> {
  const { client, target, scope, columns } = input;
  const deduplicated = columns.length === 0 ? 0 : await dropEarlierDuplicates(input);
  const filtered = columns.length === 0 ? 0 : await countFiltered(input);
  const counts = await noteDifference(input);
  const loaded = input.stagedRows - deduplicated - filtered;
  const before = await countRows(
    client,
    `FROM ${quoteTable(target.name)} t WHERE ${scopeCondition(scope, 't')}`,
  );
  const matched = loaded - counts.i;
  if (matched !== before - counts.d) {
    await refuseDuplicates(input);
    throw othersWrote(`${before - counts.d} rows of the target were matched ${matched} times`);
  }
  await writeDifference(input, counts);
  await forgetDifference(input);
  const updated = counts.u + counts.r;
  return {
    loaded,
    deduplicated,
    filtered,
    inserted: counts.i,
    updated,
    unchanged: matched - updated,
    deleted: counts.d,
  };
}

/**
 * Rows that exchange the values of a unique constraint can't be updated one after another: then every changed row is
 * deleted and inserted again.
 */
async function writeDifference(input: DifferenceInput, counts: DifferenceCounts): Promise<void> {
  const { client } = input;
  await refuseCascade(input, 'r');
  await client.query('SAVEPOINT difference');
  try {
    await writeKinds(input, counts, 'r');
  } catch (error) {
    if ((error as { code?: string }).code !== '23505' || counts.u === 0) throw error;
    await client.query('ROLLBACK TO SAVEPOINT difference');
    await refuseCascade(input, 'ru');
    await writeKinds(input, counts, 'ru');
  }
}

/**
 * One statement, so that foreign keys are checked once all of it is done. Each part waits for the one before by asking
 * for its count. `replaced`: kinds of rows that are deleted and inserted again.
 */
async function writeKinds(
  input: DifferenceInput,
  counts: DifferenceCounts,
  replaced: 'r' | 'ru',
): Promise<void> {
  const { target, columns, scope } = input;
  const table = quoteTable(target.name);
  const ofDifference = `${quoteDifference(input)} d`;
  const staged = `${ofDifference} JOIN ${quoteStaging(input.staging.name)} s ON s.ctid = d.staged`;
  const parts = [
    `gone AS (DELETE FROM ${table} t USING ${ofDifference}
       WHERE ${ofKinds(`d${replaced}`)} AND ${matchDifference(input, 't')} AND ${scopeCondition(scope, 't')} RETURNING 1)`,
  ];
  const updates = replaced === 'r' && columns.length > 0;
  if (updates) {
    parts.push(
      `changed AS (UPDATE ${table} t SET ${assignments(input)} FROM ${staged}
         WHERE ${ofKinds('u')} AND ${matchDifference(input, 't')} AND ${scopeCondition(scope, 't')}
           AND (SELECT count(*) FROM gone) >= 0 RETURNING 1)`,
    );
  }
  if (columns.length > 0) {
    parts.push(
      `added AS (INSERT INTO ${table} (${quoteColumns(columns)}) OVERRIDING SYSTEM VALUE
         SELECT ${quoteColumns(columns, 's')} FROM ${staged}
          WHERE ${ofKinds(`i${replaced}`)} AND (SELECT count(*) FROM ${updates ? 'changed' : 'gone'}) >= 0
          ORDER BY ${quoteColumns(target.primaryKey, 's')} RETURNING 1)`,
    );
  }
  const count = (part: string, isThere: boolean) => (isThere ? `(SELECT count(*) FROM ${part})` : '0');
  const { rows } = await input.client.query<{ gone: number; changed: number; added: number }>(
    `WITH ${parts.join(', ')}
     SELECT ${count('gone', true)}::float8 AS gone, ${count('changed', updates)}::float8 AS changed,
            ${count('added', columns.length > 0)}::float8 AS added`,
  );
  checkWritten(rows[0] ?? { gone: 0, changed: 0, added: 0 }, counts, replaced);
}

/** `"char"` values, one letter each. */
function ofKinds(kinds: string): string {
  return `d.kind IN (${[...kinds].map((kind) => `'${kind}'`).join(', ')})`;
}

/** A column that the source lacks becomes its DEFAULT. Rows whose identity ALWAYS column differs are not updated. */
function assignments({ table, columns }: DifferenceInput): string {
  return loadableColumns(table)
    .filter(({ isAlwaysIdentity }) => !isAlwaysIdentity)
    .map(({ name }) => `${quote(name)} = ${columns.includes(name) ? `s.${quote(name)}` : 'DEFAULT'}`)
    .join(', ');
}

function checkWritten(
  written: { gone: number; changed: number; added: number },
  { d, i, u, r }: DifferenceCounts,
  replaced: 'r' | 'ru',
): void {
  const again = replaced === 'r' ? r : r + u;
  const expected = { gone: d + again, changed: replaced === 'r' ? u : 0, added: i + again };
  for (const part of ['gone', 'changed', 'added'] as const) {
    if (written[part] === expected[part]) continue;
    throw othersWrote(`${written[part]} rows were written instead of ${expected[part]}`);
  }
}

function othersWrote(figures: string): CopydockError {
  return new CopydockError(
    'target_busy',
    `${figures}: others wrote to the table at the same time, or a trigger of the table left rows out.`,
    {
      hint: 'It is tried again by itself. Where others write all the time, configure lock_target for the table.',
    },
  );
}
