import type pg from 'pg';

/** So many loads of one scope may have begun: further ones would fill bucket and database with what can't be committed. */
const BEGUN_PER_SCOPE = 4;

/**
 * Whether a load `l` can get anywhere now. One that waits for an earlier load of its scope can once no such load is
 * unfinished; one that has not begun can while few are; any other can. One that waits at `committing` is looked at all
 * the while: a dead worker of it may hold the lock that the earlier load needs, and only its next owner ends that.
 */
export const HAS_TURN = `CASE
  WHEN l.status = 'committing' THEN true
  WHEN l.waiting_for->>'reason' = 'earlier_load' THEN ${fewerEarlierThan(1)}
  WHEN l.status = 'queued' THEN ${fewerEarlierThan(BEGUN_PER_SCOPE)}
  ELSE true END`;

/** Of these loads those that are queued and have no turn. */
export async function findTurnless(pool: pg.Pool, ids: readonly string[]): Promise<Map<string, true>> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT l.id FROM copydock.loads l WHERE l.id = ANY ($1) AND l.status = 'queued' AND NOT (${HAS_TURN})`,
    [ids],
  );
  return new Map(rows.map(({ id }) => [id, true]));
}

/** Both ways read at most `count` entries of an index over unfinished loads. */
function fewerEarlierThan(count: number): string {
  return `CASE WHEN l.scope_key = '*' THEN ${fewer('true', count)}
    ELSE ${fewer("e.scope_key = ANY (ARRAY[l.scope_key, '*'])", count)} END`;
}

function fewer(condition: string, count: number): string {
  return `(SELECT count(*) FROM (
    SELECT FROM copydock.loads e
    WHERE e.finished_at IS NULL AND e.target_database = l.target_database AND e.scope_table = l.scope_table
      AND e.load_order < l.load_order AND ${condition}
    LIMIT ${count}) earlier) < ${count}`;
}
