import type pg from 'pg';
import { CopydockError } from '../../../loads/errors.js';
import { formatTableName, quoteTable, quoteText, type TableName } from '../../identifiers.js';
import { readTarget, type TargetTable } from '../catalog.js';
import { type AppliedRows, countRows, type StagedInput } from './applied.js';
import { insertStaged } from './delete-insert.js';

/** Marks a table as Copydock's to drop. */
function sampleComment(target: TableName): string {
  return `copydock: sample of ${formatTableName(target)}`;
}

/** Makes the sample table anew, LIKE the target, and fills it. A table that is not a sample of this target is kept. */
export async function replaceSample(
  input: StagedInput,
  target: TargetTable,
  sample: TableName,
): Promise<AppliedRows> {
  const { client } = input;
  const deleted = await dropOldSample(client, target, sample);
  await client.query(`CREATE TABLE ${quoteTable(sample)} (LIKE ${quoteTable(target.name)} INCLUDING ALL)`);
  await client.query(`COMMENT ON TABLE ${quoteTable(sample)} IS ${quoteText(sampleComment(target.name))}`);
  const applied = await insertStaged({ ...input, target: { name: sample, primaryKey: target.primaryKey } });
  return { ...applied, deleted };
}

async function dropOldSample(client: pg.ClientBase, target: TargetTable, sample: TableName): Promise<number> {
  const existing = await readTarget(client, sample);
  if (existing === null) return 0;
  if (existing.oid === target.oid || existing.comment !== sampleComment(target.name)) {
    throw new CopydockError(
      'sample_table_conflict',
      `${formatTableName(sample)} exists and is not a sample of ${formatTableName(target.name)} that Copydock made.`,
      { field: 'table' },
    );
  }
  const rows = await countRows(client, `FROM ${quoteTable(sample)}`);
  await client.query(`DROP TABLE ${quoteTable(sample)}`);
  return rows;
}
