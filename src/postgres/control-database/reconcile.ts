import type pg from 'pg';
import type { LoadStatus } from '../../loads/load-status.js';
import type { SucceededLoad } from '../../loads/reconcile.js';

export async function readControlState(pool: pg.Pool): Promise<{ controlId: string; newestOrder: number }> {
  const { rows } = await pool.query<{ controlId: string; newestOrder: number }>(
    `SELECT control_id AS "controlId", CASE WHEN is_called THEN last_value ELSE 0 END::float8 AS "newestOrder"
       FROM copydock.control_state, copydock.load_order_seq`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the row of copydock.control_state is gone');
  return row;
}

/** Succeeded loads of these environments, without those that their target may have forgotten. */
export async function readSucceeded(
  pool: pg.Pool,
  environments: readonly string[],
  committedDays: number,
): Promise<SucceededLoad[]> {
  const { rows } = await pool.query<SucceededLoad>(
    `SELECT id, data_set AS "dataSet", scope_table AS "scopeTable", scope_key AS "scopeKey",
            load_order::float8 AS "loadOrder"
       FROM copydock.loads
      WHERE status = 'succeeded' AND request->>'validate_only' IS DISTINCT FROM 'true' AND env = ANY($1) AND finished_at > now() - $2 * interval '1 day'
      ORDER BY load_order`,
    [environments, committedDays],
  );
  return rows;
}

export async function readStatuses(
  pool: pg.Pool,
  loadIds: readonly string[],
): Promise<Map<string, LoadStatus>> {
  const { rows } = await pool.query<{ id: string; status: LoadStatus }>(
    'SELECT id, status FROM copydock.loads WHERE id = ANY($1)',
    [loadIds],
  );
  return new Map(rows.map(({ id, status }) => [id, status]));
}

/** Makes the next load's order greater than `order`. */
export async function raiseLoadOrder(pool: pg.Pool, order: number): Promise<void> {
  await pool.query(
    `SELECT setval('copydock.load_order_seq', $1) FROM copydock.load_order_seq WHERE last_value < $1`,
    [order],
  );
}
