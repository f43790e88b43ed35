import type pg from 'pg';
import type { Receipt } from '../../loads/load.js';

/**
 * The share of rows, 0 to 1, that the data set's last full load found changed, or null without one. A load that did not
 * compare reports all of them as inserted.
 */
export async function readLastChange(
  client: pg.ClientBase,
  targetTable: string,
  dataSet: string,
): Promise<number | null> {
  const { rows } = await client.query<{ receipt: Receipt }>(
    `SELECT receipt FROM copydock.committed_loads
      WHERE target_table = $1 AND load_type = 'full' AND data_set = $2 ORDER BY load_order DESC LIMIT 1`,
    [targetTable, dataSet],
  );
  const receipt = rows[0]?.receipt;
  if (receipt === undefined || receipt.loaded === 0) return null;
  return (receipt.inserted + receipt.updated) / receipt.loaded;
}
