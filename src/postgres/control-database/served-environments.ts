import type pg from 'pg';

const ALIVE_SECONDS = 15;

/** Environments that a worker seen lately serves, and those where a live lease proves that one does. */
export async function listServedEnvironments(pool: pg.Pool): Promise<Set<string>> {
  const { rows } = await pool.query<{ env: string }>(
    `SELECT unnest(environments) AS env FROM copydock.workers
     WHERE last_seen_at > now() - $1 * interval '1 second'
     UNION
     SELECT env FROM copydock.loads WHERE finished_at IS NULL AND lease_expires_at > now()`,
    [ALIVE_SECONDS],
  );
  return new Set(rows.map(({ env }) => env));
}
