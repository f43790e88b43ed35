import { CopydockError } from '../../../loads/errors.js';
import { formatTableName, quote, quoteTable } from '../../identifiers.js';
import type { IncomingForeignKey } from '../catalog.js';
import { type DifferenceInput, matchDifference, quoteDifference } from './difference.js';

/** pg_constraint.confdeltype of what changes the rows that refer to a deleted one. */
export const CHANGES_CHILDREN: Readonly<Record<string, string>> = {
  c: 'CASCADE',
  n: 'SET NULL',
  d: 'SET DEFAULT',
};

/**
 * Refuses to delete rows that others refer to by a foreign key that would change those others. `allow_cascade` allows
 * it for rows that the source lacks, but never for rows that are only deleted to be inserted again (`replaced`), and
 * never where the rows that refer are the table's own.
 */
export async function refuseCascade(input: DifferenceInput, replaced: 'r' | 'ru'): Promise<void> {
  for (const key of input.table.incomingForeignKeys) {
    const action = CHANGES_CHILDREN[key.onDelete];
    if (action === undefined) continue;
    const kinds = input.allowsCascade && !key.isSelf ? replaced : `d${replaced}`;
    const { rowCount } = await input.client.query(childrenQuery(input, key, kinds));
    if (rowCount === 0) continue;
    throw new CopydockError(
      'replace_would_cascade',
      `Rows of ${key.table} refer by ${key.name} ON DELETE ${action} to rows of ${formatTableName(input.target.name)} that this load would delete.`,
      { hint: `Keep those rows in the source, or set allow_cascade if ${key.table} is to change with them.` },
    );
  }
}

function childrenQuery(input: DifferenceInput, key: IncomingForeignKey, kinds: string): string {
  const { target } = input;
  const on = key.columns.map(
    (column, at) => `c.${quote(column)} = t.${quote(key.referencedColumns[at] ?? '')}`,
  );
  const isGoneItself = `EXISTS (SELECT FROM ${quoteDifference(input)} d WHERE d.kind = 'd' AND ${matchDifference(input, 'c')})`;
  return `SELECT FROM ${quoteDifference(input)} d
      JOIN ${quoteTable(target.name)} t ON ${matchDifference(input, 't')}
      JOIN ${key.table} c ON ${on.join(' AND ')}
     WHERE d.kind IN (${[...kinds].map((kind) => `'${kind}'`).join(', ')})${key.isSelf ? ` AND NOT ${isGoneItself}` : ''}
     LIMIT 1`;
}
