import type pg from 'pg';
import { reportWaiting } from '../../postgres/control-database/transitions.js';
import { lookUp } from '../../postgres/target-database/look-up.js';
import type { LoadRun } from '../load-run.js';

const LOOK_EVERY_MS = 2_000;

interface Blocker {
  pid: number;
  application: string;
  since: Date | null;
}

/** While `work` runs in the client's transaction, says in the load's `waiting_for` whose lock it waits for. */
export async function watchLocks<T>(
  run: LoadRun,
  pool: pg.Pool,
  client: pg.PoolClient,
  work: () => Promise<T>,
): Promise<T> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const pid = rows[0]?.pid ?? 0;
  let isReported = false;
  let isLooking = false;
  const look = async () => {
    const [blocker] = await findBlockers(pool, pid);
    if (blocker === undefined && !isReported) return;
    isReported = blocker !== undefined;
    await reportWaiting(run.control, run.load, blocker === undefined ? null : describe(blocker));
  };
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    look()
      .catch((error: unknown) => run.logger.debug({ err: error }, 'locks were not looked at'))
      .finally(() => {
        isLooking = false;
      });
  }, LOOK_EVERY_MS);
  return work().finally(() => clearInterval(timer));
}

function findBlockers(pool: pg.Pool, pid: number): Promise<Blocker[]> {
  return lookUp<Blocker>(
    pool,
    `SELECT a.pid, a.application_name AS application, a.xact_start AS since
       FROM pg_stat_activity a WHERE a.pid = ANY(pg_blocking_pids($1)) ORDER BY a.xact_start LIMIT 1`,
    [pid],
  );
}

function describe({ pid, application, since }: Blocker) {
  const name = application === '' ? '' : ` (${application})`;
  const start = since === null ? '' : ` since ${since.toISOString()}`;
  return { reason: 'target' as const, detail: `a lock held by pid ${pid}${name}${start}` };
}
