import type pg from 'pg';
import type { Receipt } from '../../../loads/load.js';
import { quote } from '../../identifiers.js';
import type { TargetTable } from '../catalog.js';
import type { ScopeFilter } from '../scope-filter.js';
import type { StagingTable } from '../staging-table.js';

/** What a strategy did to the target; the receipt is made of it. */
export type AppliedRows = Pick<
  Receipt,
  'loaded' | 'deduplicated' | 'filtered' | 'inserted' | 'updated' | 'unchanged' | 'deleted'
>;

/** Of an empty source (`allow_empty`): there is not even a column. */
export const NOTHING_APPLIED: AppliedRows = {
  loaded: 0,
  deduplicated: 0,
  filtered: 0,
  inserted: 0,
  updated: 0,
  unchanged: 0,
  deleted: 0,
};

/** A filled staging table on its way into the target, within the commit's transaction. */
export interface StagedInput {
  client: pg.ClientBase;
  target: Pick<TargetTable, 'name' | 'primaryKey'>;
  staging: StagingTable;
  /** Columns of the staging table that the target has. */
  columns: readonly string[];
  scope: ScopeFilter | null;
  keepsLastDuplicate: boolean;
}

export function joinOnKey(key: readonly string[], left: string, right: string): string {
  return key.map((column) => `${left}.${quote(column)} = ${right}.${quote(column)}`).join(' AND ');
}

export async function countRows(client: pg.ClientBase, sql: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(`SELECT count(*)::float8 AS count ${sql}`);
  return rows[0]?.count ?? 0;
}
