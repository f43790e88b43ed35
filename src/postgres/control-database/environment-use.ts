import type pg from 'pg';
import type { EnvironmentUse } from '../../loads/store.js';

const ALIVE_SECONDS = 15;

/** Environments that a worker seen lately serves, and those where a live lease proves that one does. */
export async function readEnvironmentUse(pool: pg.Pool): Promise<Map<string, EnvironmentUse>> {
  const { rows } = await pool.query<{ env: string; activeLoads: number }>(
    `SELECT env, sum(active)::int AS "activeLoads" FROM (
       SELECT unnest(environments) AS env, 0 AS active FROM copydock.workers
       WHERE last_seen_at > now() - $1 * interval '1 second'
       UNION ALL
       SELECT env, 1 FROM copydock.loads WHERE finished_at IS NULL AND lease_expires_at > now()) seen
     GROUP BY env`,
    [ALIVE_SECONDS],
  );
  return new Map(rows.map(({ env, activeLoads }) => [env, { activeLoads }]));
}
