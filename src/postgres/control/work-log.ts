import type pg from 'pg';
import type { LogLine } from '../../loads/load.js';

/** Adds a line to the load's own log. */
export async function appendLog(
  pool: pg.Pool,
  loadId: string,
  attempt: number,
  level: LogLine['level'],
  message: string,
): Promise<void> {
  await pool.query(
    'INSERT INTO copydock.load_logs (load_id, attempt, level, message) VALUES ($1, $2, $3, $4)',
    [loadId, attempt, level, message],
  );
}

/** Says that this worker process lives and which environments it serves; forgets those silent for an hour. */
export async function reportWorkerAlive(
  pool: pg.Pool,
  workerId: string,
  environments: string[],
): Promise<void> {
  await pool.query(
    `INSERT INTO copydock.workers (id, environments) VALUES ($1, $2)
     ON CONFLICT (id) DO UPDATE SET environments = excluded.environments, last_seen_at = now()`,
    [workerId, environments],
  );
  await pool.query(`DELETE FROM copydock.workers WHERE last_seen_at < now() - interval '1 hour'`);
}

export async function reportWorkerGone(pool: pg.Pool, workerId: string): Promise<void> {
  await pool.query('DELETE FROM copydock.workers WHERE id = $1', [workerId]);
}
