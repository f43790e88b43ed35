import type { Wake } from '../../loads/store.js';
import type { ClaimedLoad } from './claims.js';
import type { ControlConnection } from './connection.js';

/** The oldest unfinished load that was accepted earlier and whose scope overlaps, or null: it is this load's turn. */
export async function findEarlierLoad(control: ControlConnection, load: ClaimedLoad): Promise<string | null> {
  const { rows } = await control.query<{ id: string }>(
    `SELECT id FROM copydock.loads
      WHERE target_database = $1 AND scope_table = $2 AND load_order < $3 AND finished_at IS NULL
        AND (scope_key = '*' OR $4 = '*' OR scope_key = $4)
      ORDER BY load_order LIMIT 1`,
    [load.targetDatabase, load.scopeTable, load.loadOrder, load.scopeKey],
  );
  return rows[0]?.id ?? null;
}

/** A new wake-up for a load, which the queue can't take for one that it had. */
export async function raiseWake(
  control: ControlConnection,
  { id, env }: Pick<ClaimedLoad, 'id' | 'env'>,
): Promise<Wake> {
  const { rows } = await control.query<{ wakeNumber: number }>(
    'UPDATE copydock.loads SET wake_number = wake_number + 1 WHERE id = $1 RETURNING wake_number AS "wakeNumber"',
    [id],
  );
  return { id, env, wakeNumber: rows[0]?.wakeNumber ?? 0 };
}

/**
 * A wake-up was spent on another load than its own. The next sweep sends a new one, under a number that the queue can't
 * take for the one that is being answered.
 */
export async function replaceWake(control: ControlConnection, loadId: string): Promise<void> {
  await control.query(
    'UPDATE copydock.loads SET wake_number = wake_number + 1, wake_at = greatest(due_at, now()) WHERE id = $1',
    [loadId],
  );
}
