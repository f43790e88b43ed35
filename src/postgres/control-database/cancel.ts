import type pg from 'pg';
import { CopydockError } from '../../loads/errors.js';
import type { Load } from '../../loads/load.js';
import { isCancellable, isTerminal } from '../../loads/load-status.js';
import type { CancelOutcome, Wake } from '../../loads/store.js';
import { type AttemptEnd, endAttempts } from './end-attempt.js';
import { giveTimeBackBehind } from './held-up.js';
import { type LockedLoad, lockLoad } from './lock-load.js';
import { appendLog } from './log.js';
import { LOAD_COLUMNS, type LoadRow, readLoad, readWake } from './row.js';
import { inTransaction } from './transaction.js';

export const CANCELLED: AttemptEnd = {
  status: 'cancelled',
  error: null,
  log: { level: 'info', message: 'Cancelled' },
};

type Cancellation = CancelOutcome & { wake: Wake | null };

/** Asks for a load's end, and ends it where no worker holds it. null: no such load. */
// model: cancel
export function cancelLoad(pool: pg.Pool, id: string): Promise<Cancellation | null> {
  return inTransaction(pool, async (client) => {
    const locked = await lockLoad(client, id);
    return locked === null ? null : cancelLocked(client, locked);
  });
}

async function cancelLocked(client: pg.ClientBase, { load, isLeased }: LockedLoad): Promise<Cancellation> {
  if (isTerminal(load.status)) return { outcome: 'finished', load, wake: null };
  if (!isCancellable(load.status)) return { outcome: 'too_late', load, wake: null };
  if (!load.cancel_requested) await appendLog(client, load.id, 'info', ['Cancel requested']);
  return isLeased ? requestCancel(client, load.id) : endCancelled(client, load);
}

async function requestCancel(client: pg.ClientBase, id: string): Promise<Cancellation> {
  const { rows } = await client.query<LoadRow>(
    `UPDATE copydock.loads SET cancel_requested = true WHERE id = $1 RETURNING ${LOAD_COLUMNS}`,
    [id],
  );
  return { outcome: 'requested', load: readLoad(only(rows)), wake: null };
}

async function endCancelled(client: pg.ClientBase, { id, status }: Load): Promise<Cancellation> {
  const row = only(await endAttempts(client, CANCELLED, 'l.id = $5', [id]));
  if (status === 'queued') await giveTimeBackBehind(client, id);
  const load = readLoad(row);
  return { outcome: 'cancelled', load, wake: load.cleanup?.status === 'pending' ? readWake(row) : null };
}

function only<T>(rows: T[]): T {
  const [row] = rows;
  if (row === undefined) throw new CopydockError('internal_error', 'A load vanished under its lock.');
  return row;
}
