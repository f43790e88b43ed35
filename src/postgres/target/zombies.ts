import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { CopydockError } from '../../loads/errors.js';
import type { TargetIdentity } from './session.js';

const GIVE_UP_MS = 20_000;

/**
 * Ends every backend that an earlier owner of this load left in the target, and waits until they are gone. Neither a
 * timeout nor pg_cancel_backend ends a client that was stopped in the middle of COPY; pg_terminate_backend does.
 */
export async function endOlderBackends(
  pool: pg.Pool,
  { loadId, leaseToken }: TargetIdentity,
  signal: AbortSignal,
): Promise<void> {
  const giveUpAt = Date.now() + GIVE_UP_MS;
  for (;;) {
    const { rows } = await pool.query<{ pid: number }>(
      `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE split_part(application_name, '/', 1) = 'copydock' AND split_part(application_name, '/', 2) = $1
          AND split_part(application_name, '/', 3) ~ '^[0-9]+$'
          AND split_part(application_name, '/', 3)::bigint < $2 AND pid <> pg_backend_pid()`,
      [loadId, leaseToken],
    );
    if (rows.length === 0) return;
    if (Date.now() > giveUpAt) {
      throw new CopydockError(
        'target_busy',
        `Backends of an earlier owner do not end: pid ${rows.map((row) => row.pid).join(', ')}.`,
      );
    }
    await sleep(100, undefined, { signal });
  }
}
