import type pg from 'pg';
import type { LogLine } from '../../loads/load.js';
import type { ClaimedLoad } from './claims.js';
import type { ControlConnection } from './connection.js';
import { IS_HELD } from './held-lease.js';
import { LOG_COLUMNS, type LogRow, readLogLine } from './row.js';

/** Adds lines to the log of the load's current attempt, in their order. */
export async function appendLog(
  client: pg.ClientBase,
  loadId: string,
  level: LogLine['level'],
  messages: readonly string[],
): Promise<void> {
  await client.query(
    `INSERT INTO copydock.load_logs (load_id, attempt, level, message)
     SELECT l.id, l.attempt, $2, line.message
     FROM copydock.loads l, unnest($3::text[]) WITH ORDINALITY AS line (message, position)
     WHERE l.id = $1 ORDER BY line.position`,
    [loadId, level, messages],
  );
}

/** Adds a line to the log of the attempt that a worker works on, as long as it has the lease. */
export async function appendAttemptLog(
  control: ControlConnection,
  { id, leaseToken, attempt }: Pick<ClaimedLoad, 'id' | 'leaseToken' | 'attempt'>,
  level: LogLine['level'],
  message: string,
): Promise<void> {
  await control.query(
    `INSERT INTO copydock.load_logs (load_id, attempt, level, message)
     SELECT $1, $3, $4, $5 WHERE ${IS_HELD}`,
    [id, leaseToken, attempt, level, message],
  );
}

/** Lines after `afterSeq`, oldest first. */
export async function readLog(
  pool: pg.Pool,
  loadId: string,
  afterSeq: number,
  limit: number,
): Promise<LogLine[]> {
  const { rows } = await pool.query<LogRow>(
    `SELECT ${LOG_COLUMNS} FROM copydock.load_logs WHERE load_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
    [loadId, afterSeq, limit],
  );
  return rows.map(readLogLine);
}
