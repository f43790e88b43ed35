import type pg from 'pg';
import { CopydockError } from '../../loads/errors.js';
import type { AcceptedLoad } from '../../loads/store.js';

/**
 * Refuses a new load of a full environment before anything is written. It may let one pass that takeRoom then refuses.
 * @throws CopydockError too_many_loads
 */
export async function checkRoom(client: pg.ClientBase, accepted: AcceptedLoad): Promise<void> {
  const limit = limitOf(accepted);
  if ((await countUnfinished(client, accepted, limit)) >= limit) throw environmentFull(accepted);
}

/**
 * The last step before COMMIT, when the load is stored: of all that are accepted at once, whichever process is asked,
 * only as many stay as there is room for. Until COMMIT no other of the environment is counted.
 * @throws CopydockError too_many_loads
 */
export async function takeRoom(client: pg.ClientBase, accepted: AcceptedLoad): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended('copydock accept ' || $1, 0))", [
    accepted.request.env,
  ]);
  const limit = limitOf(accepted);
  if ((await countUnfinished(client, accepted, limit + 1)) > limit) throw environmentFull(accepted);
}

function limitOf({ limits }: AcceptedLoad): number {
  return limits.maxActiveLoads + limits.maxQueuedLoads;
}

/** Counts no further than it has to. */
async function countUnfinished(
  client: pg.ClientBase,
  { request }: AcceptedLoad,
  atMost: number,
): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM (
       SELECT FROM copydock.loads WHERE env = $1 AND finished_at IS NULL LIMIT $2) unfinished`,
    [request.env, atMost],
  );
  return rows[0]?.count ?? 0;
}

function environmentFull(accepted: AcceptedLoad): CopydockError {
  const { env } = accepted.request;
  const { maxActiveLoads, maxQueuedLoads } = accepted.limits;
  return new CopydockError(
    'too_many_loads',
    `env: ${env} has ${limitOf(accepted)} unfinished loads and takes no more: ${maxActiveLoads} active (max_active_loads) and ${maxQueuedLoads} queued (max_queued_loads).`,
    {
      field: 'env',
      hint: `Send the same request again when some have ended. GET /v1/loads?env=${env}&status=queued shows what waits; environments.${env}.max_queued_loads in the configuration allows more.`,
    },
  );
}
