import type pg from 'pg';
import type { Reject, RejectPage } from '../../loads/reject.js';
import type { ClaimedLoad } from './claims.js';
import type { ControlConnection } from './connection.js';
import { IS_HELD } from './held-lease.js';

type LoadRef = Pick<ClaimedLoad, 'id' | 'leaseToken' | 'attempt'>;

/** The staging table of the current attempt, or null before it is planned. */
export async function findStagingTable(
  control: ControlConnection,
  { id, attempt }: LoadRef,
): Promise<string | null> {
  const { rows } = await control.query<{ name: string }>(
    'SELECT staging_table AS name FROM copydock.plans WHERE load_id = $1 AND attempt = $2',
    [id, attempt],
  );
  return rows[0]?.name ?? null;
}

/** Forgets what is kept of the load, of earlier attempts too, and records how many records of this one were left out. */
export async function beginRejects(
  control: ControlConnection,
  { id, leaseToken }: LoadRef,
  rejected: number,
): Promise<void> {
  await control.query(`DELETE FROM copydock.rejects WHERE load_id = $1 AND ${IS_HELD}`, [id, leaseToken]);
  await control.query('UPDATE copydock.loads SET rejected = $3 WHERE id = $1 AND lease_token = $2', [
    id,
    leaseToken,
    rejected,
  ]);
}

const RECORD_COLUMNS = `seq integer, object text, line bigint, record_number bigint, byte_offset bigint,
  column_name text, sqlstate text, reason text, record text, is_cut boolean, columns text[], field_values text[]`;

/** Adds rejects to those that are kept of the attempt. */
export async function addRejects(
  control: ControlConnection,
  { id, leaseToken, attempt }: LoadRef,
  rejects: readonly Reject[],
): Promise<void> {
  const rows = rejects.map(({ column, values, ...row }) => ({
    ...row,
    column_name: column,
    field_values: values,
  }));
  await control.query(
    `INSERT INTO copydock.rejects
     SELECT $1, $3::integer, reject.* FROM jsonb_to_recordset($4) AS reject (${RECORD_COLUMNS}) WHERE ${IS_HELD}
     ON CONFLICT DO NOTHING`,
    [id, leaseToken, attempt, JSON.stringify(rows)],
  );
}

/** Rejects of the load's current attempt after `afterSeq`, in the order of the source. */
export async function readRejectPage(
  pool: pg.Pool,
  loadId: string,
  afterSeq: number,
  limit: number,
): Promise<RejectPage> {
  const { rows: counts } = await pool.query<{ rejected: number }>(
    'SELECT coalesce(rejected, 0)::float8 AS rejected FROM copydock.loads WHERE id = $1',
    [loadId],
  );
  const { rows: items } = await pool.query<Reject>(
    `SELECT r.seq, r.object, r.line::float8 AS line, r.record_number::float8 AS record_number,
            r.byte_offset::float8 AS byte_offset, r.column_name AS "column", r.sqlstate, r.reason, r.record, r.is_cut,
            r.columns, r.field_values AS "values"
       FROM copydock.rejects r JOIN copydock.loads l ON l.id = r.load_id AND l.attempt = r.attempt
      WHERE r.load_id = $1 AND r.seq > $2 ORDER BY r.seq LIMIT $3`,
    [loadId, afterSeq, limit],
  );
  return { rejected: counts[0]?.rejected ?? 0, items };
}

/** The columns of all rejects that are kept, in the order of their first appearance. */
export async function readRejectColumns(pool: pg.Pool, loadId: string): Promise<string[]> {
  const { rows } = await pool.query<{ columns: string[] }>(
    `SELECT r.columns FROM copydock.rejects r JOIN copydock.loads l ON l.id = r.load_id AND l.attempt = r.attempt
      WHERE r.load_id = $1 GROUP BY r.columns ORDER BY min(r.seq)`,
    [loadId],
  );
  return [...new Set(rows.flatMap(({ columns }) => columns))];
}
