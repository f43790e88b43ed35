import type pg from 'pg';
import type { Receipt } from '../../loads/load.js';

/** The receipt of the data set's last full load into a table, or null. */
export async function readLastFullLoad(
  client: pg.ClientBase,
  targetTable: string,
  dataSet: string,
): Promise<Receipt | null> {
  const { rows } = await client.query<{ receipt: Receipt }>(
    `SELECT receipt FROM copydock.committed_loads
      WHERE target_table = $1 AND load_type = 'full' AND data_set = $2 ORDER BY load_order DESC LIMIT 1`,
    [targetTable, dataSet],
  );
  return rows[0]?.receipt ?? null;
}

/** The share of its rows, 0 to 1, that a load found changed; null of one that did not compare: it has inserted all of them. */
export function changedShareOf({ loaded, inserted, updated, unchanged }: Receipt): number | null {
  return updated + unchanged === 0 ? null : (inserted + updated) / loaded;
}
