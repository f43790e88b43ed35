import type pg from 'pg';
import type { Load } from '../../loads/load.js';
import { LOAD_COLUMNS, type LoadRow, readLoad } from './row.js';

/** A load as it is once nobody else is changing it, together with what only its row knows. */
export interface LockedLoad {
  load: Load;
  requestHash: string;
  /** A worker holds a lease that has not run out. */
  isLeased: boolean;
}

interface LockedRow extends LoadRow {
  request_hash: string;
  is_leased: boolean;
}

const SELECT_LOCKED = `SELECT ${LOAD_COLUMNS}, request_hash,
    coalesce(lease_expires_at > clock_timestamp(), false) AS is_leased
  FROM copydock.loads`;

/** Locks a load's row until the end of the transaction. */
export async function lockLoad(client: pg.ClientBase, id: string): Promise<LockedLoad | null> {
  const { rows } = await client.query<LockedRow>(`${SELECT_LOCKED} WHERE id = $1 FOR UPDATE`, [id]);
  return rows[0] === undefined ? null : readLocked(rows[0]);
}

/** The same for every load that has this id or this idempotency key: at most two. */
export async function lockLoadsByIdOrKey(
  client: pg.ClientBase,
  id: string,
  idempotencyKey: string | null,
): Promise<LockedLoad[]> {
  const { rows } = await client.query<LockedRow>(
    `${SELECT_LOCKED} WHERE id = $1 OR idempotency_key = $2 ORDER BY load_order FOR UPDATE`,
    [id, idempotencyKey],
  );
  return rows.map(readLocked);
}

function readLocked(row: LockedRow): LockedLoad {
  return { load: readLoad(row), requestHash: row.request_hash, isLeased: row.is_leased };
}
