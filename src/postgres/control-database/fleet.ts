import type pg from 'pg';
import type { Fleet } from '../../loads/fleet.js';
import { readPauses } from './pauses.js';

const ALIVE_SECONDS = 15;

/** What is unfinished, who works, and what ended within the last hour. Its cost does not grow with history. */
export async function readFleet(pool: pg.Pool): Promise<Omit<Fleet, 'queue'>> {
  const [unfinished, ended, workers, unclean, undelivered, pauses] = await Promise.all([
    pool.query<Fleet['unfinished'][number]>(
      `SELECT env, status, COALESCE(waiting_for->>'reason', '') AS "waitingFor", count(*)::int AS loads,
              EXTRACT(EPOCH FROM now() - min(accepted_at))::float8 AS "oldestSeconds"
         FROM copydock.loads WHERE finished_at IS NULL GROUP BY 1, 2, 3`,
    ),
    pool.query<Fleet['ended'][number]>(
      `SELECT env, status, count(*)::int AS loads FROM copydock.loads
        WHERE finished_at > now() - interval '1 hour' GROUP BY 1, 2`,
    ),
    pool.query<Fleet['workers'][number]>(
      `SELECT env, count(*)::int AS workers FROM copydock.workers, unnest(environments) AS env
        WHERE last_seen_at > now() - $1 * interval '1 second' GROUP BY 1`,
      [ALIVE_SECONDS],
    ),
    pool.query<{ plans: number }>(
      'SELECT count(*)::int AS plans FROM copydock.plans WHERE cleanup_due_at IS NOT NULL',
    ),
    pool.query<Fleet['undelivered'][number]>(
      `SELECT env, count(*)::int AS events, EXTRACT(EPOCH FROM now() - min(created_at))::float8 AS "oldestSeconds"
         FROM copydock.webhook_events WHERE due_at IS NOT NULL GROUP BY 1`,
    ),
    readPauses(pool),
  ]);
  return {
    unfinished: unfinished.rows,
    ended: ended.rows,
    workers: workers.rows,
    paused: pauses.map(({ env }) => env),
    undelivered: undelivered.rows,
    uncleanPlans: unclean.rows[0]?.plans ?? 0,
  };
}
