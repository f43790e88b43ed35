import type pg from 'pg';
import type { Pause, PauseRequest } from '../../loads/pause.js';
import { lockClaims } from './claim-lock.js';
import { giveTimeBack } from './held-up.js';
import { inTransaction } from './transaction.js';

/** Of a load `l`: it has not begun, and may not, since its environment is paused. */
export const IS_PAUSED = `(l.status = 'queued' AND EXISTS (SELECT FROM copydock.pauses WHERE env = l.env))`;

const PAUSE_COLUMNS = `env, paused_at AS "pausedAt", paused_by AS "pausedBy", reason`;

type PauseRow = Omit<Pause, 'pausedAt'> & { pausedAt: Date };

export async function readPauses(pool: pg.Pool): Promise<Pause[]> {
  const { rows } = await pool.query<PauseRow>(`SELECT ${PAUSE_COLUMNS} FROM copydock.pauses ORDER BY env`);
  return rows.map(readPause);
}

/**
 * Nothing begins after it: no claim is under way when it commits, and what was claimed but has not begun is taken from its worker,
 * which stops as if it had lost its lease. A second one tells who and why anew, not since when.
 */
export function pauseEnvironment(pool: pg.Pool, { env, by, reason }: PauseRequest): Promise<Pause> {
  return inTransaction(pool, async (client) => {
    await lockClaims(client, env);
    const { rows } = await client.query<PauseRow>(
      `INSERT INTO copydock.pauses AS p (env, paused_by, reason) VALUES ($1, $2, $3)
       ON CONFLICT (env) DO UPDATE SET paused_by = excluded.paused_by, reason = excluded.reason
       RETURNING ${PAUSE_COLUMNS}`,
      [env, by, reason],
    );
    const [row] = rows;
    if (row === undefined) throw new Error(`the pause of ${env} was not stored`);
    await takeBack(client, env);
    return readPause(row);
  });
}

async function takeBack(client: pg.ClientBase, env: string): Promise<void> {
  await client.query(
    `WITH claimed AS (
       SELECT id FROM copydock.loads
        WHERE env = $1 AND status = 'queued' AND finished_at IS NULL AND lease_expires_at IS NOT NULL
        ORDER BY load_order FOR UPDATE)
     UPDATE copydock.loads SET lease_token = NULL, lease_owner = NULL, lease_expires_at = NULL, started_at = NULL
      WHERE id IN (SELECT id FROM claimed)`,
    [env],
  );
}

/**
 * Answers the pause that is over, null where there was none. The time that it took is given to the loads that it held up, once,
 * and they are handed out by the next sweep.
 */
export function resumeEnvironment(pool: pg.Pool, env: string): Promise<Pause | null> {
  return inTransaction(pool, async (client) => {
    await giveTimeBack(client, env);
    const { rows } = await client.query<PauseRow>(
      `DELETE FROM copydock.pauses WHERE env = $1 RETURNING ${PAUSE_COLUMNS}`,
      [env],
    );
    const [row] = rows;
    if (row === undefined) return null;
    await client.query(
      `UPDATE copydock.loads SET wake_at = now(), unanswered_wakes = 0
        WHERE env = $1 AND status = 'queued' AND finished_at IS NULL`,
      [env],
    );
    return readPause(row);
  });
}

function readPause({ pausedAt, ...pause }: PauseRow): Pause {
  return { ...pause, pausedAt: pausedAt.toISOString() };
}
