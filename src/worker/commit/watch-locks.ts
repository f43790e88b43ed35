import type pg from 'pg';
import { reportWaiting } from '../../postgres/control/claims.js';
import type { LoadRun } from '../load-run.js';

const LOOK_EVERY_MS = 2_000;

interface Blocker {
  pid: number;
  application: string;
  since: Date | null;
}

/** While a transaction runs, says in the load's `waiting_for` whose lock it waits for. */
export async function watchLocks(
  run: LoadRun,
  pool: pg.Pool,
  client: pg.PoolClient,
): Promise<{ stop(): Promise<void> }> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const pid = rows[0]?.pid;
  let isReported = false;
  let looking: Promise<void> = Promise.resolve();
  const look = async () => {
    const [blocker] = await findBlockers(pool, pid);
    if (blocker === undefined && !isReported) return;
    isReported = blocker !== undefined;
    await reportWaiting(run.control, run.load, blocker === undefined ? null : describe(blocker));
  };
  const timer = setInterval(() => {
    looking = looking
      .then(look)
      .catch((error: unknown) => run.logger.debug({ error }, 'locks were not looked at'));
  }, LOOK_EVERY_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await looking;
    },
  };
}

async function findBlockers(pool: pg.Pool, pid: number | undefined): Promise<Blocker[]> {
  const { rows } = await pool.query<Blocker>(
    `SELECT a.pid, a.application_name AS application, a.xact_start AS since
       FROM pg_stat_activity a WHERE a.pid = ANY(pg_blocking_pids($1)) ORDER BY a.xact_start LIMIT 1`,
    [pid],
  );
  return rows;
}

function describe({ pid, application, since }: Blocker) {
  const name = application === '' ? '' : ` (${application})`;
  const start = since === null ? '' : ` since ${since.toISOString()}`;
  return { reason: 'target' as const, detail: `a lock held by pid ${pid}${name}${start}` };
}
