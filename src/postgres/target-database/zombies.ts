import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { CopydockError } from '../../loads/errors.js';
import { lookUp } from './look-up.js';
import type { TargetIdentity } from './session.js';

const GIVE_UP_MS = 20_000;

/**
 * Ends every backend that an owner of this load up to this one left in the target, and waits until they are gone: the
 * caller has none of its own under way. Neither a timeout nor pg_cancel_backend ends a client that was stopped in the
 * middle of COPY; pg_terminate_backend does.
 */
// model: end_left_backends
export async function endLeftBackends(
  pool: pg.Pool,
  { loadId, leaseToken }: TargetIdentity,
  signal: AbortSignal,
): Promise<void> {
  const giveUpAt = Date.now() + GIVE_UP_MS;
  for (;;) {
    const rows = await lookUp<{ pid: number }>(
      pool,
      `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND split_part(application_name, '/', 1) = 'copydock' AND split_part(application_name, '/', 2) = $1
          AND split_part(application_name, '/', 3) ~ '^[0-9]+$'
          AND split_part(application_name, '/', 3)::bigint <= $2`,
      [loadId, leaseToken],
    );
    if (rows.length === 0) return;
    if (Date.now() > giveUpAt) {
      const pids = rows.map(({ pid }) => pid).join(', ');
      throw new CopydockError('target_busy', `Backends of an earlier owner do not end: pid ${pids}.`);
    }
    await sleep(100, undefined, { signal });
  }
}
