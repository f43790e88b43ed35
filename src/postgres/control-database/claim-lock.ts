import type { ControlConnection } from './connection.js';

/** One claim of an environment at a time: two would count the same loads under way, and choose the same next one. */
export async function lockClaims(transaction: Pick<ControlConnection, 'query'>, env: string): Promise<void> {
  await transaction.query("SELECT pg_advisory_xact_lock(hashtextextended('copydock claim ' || $1, 0))", [
    env,
  ]);
}
