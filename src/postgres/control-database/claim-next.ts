import { lockClaims } from './claim-lock.js';
import { type ClaimedLoad, claimLoad } from './claims.js';
import type { ControlConnection, ControlDatabase } from './connection.js';
import { IS_FREE } from './free-lease.js';
import { IS_PAUSED } from './pauses.js';
import { HAS_TURN } from './turns.js';

/** Where a worker's slot looks for something to do. */
export interface Slot {
  env: string;
  /** Unfinished loads of the environment that workers may hold at once, all workers together. */
  maxActiveLoads: number;
  owner: string;
  leaseMs: number;
  /** The only load that this slot is for; undefined: any. */
  onlyLoad?: string;
}

/** `full`: there is a load to work on, but as many as allowed are worked on already. */
export type NextClaim = { kind: 'claimed'; load: ClaimedLoad } | { kind: 'none' } | { kind: 'full' };

interface Candidate {
  id: string;
  /** The empty name stands for clean-ups. */
  dataSet: string;
  hasRoom: boolean;
}

/**
 * Claims what an environment's workers should do next, whichever load the wake-up spoke of. Data sets take turns: first
 * the one with the fewest loads under way, of those the one whose last turn is the longest ago, and of that its oldest
 * load. Clean-ups that are due have turns like a data set, and no limit. In a paused environment only what has begun goes on.
 */
export async function claimNextLoad(control: ControlDatabase, slot: Slot): Promise<NextClaim> {
  const seen = await chooseNext(control, slot);
  if (seen === null) return { kind: 'none' };
  if (!seen.hasRoom) return { kind: 'full' };
  return control.inTransaction(async (transaction) => {
    await lockClaims(transaction, slot.env);
    const next = await chooseNext(transaction, slot);
    if (next === null) return { kind: 'none' };
    if (!next.hasRoom) return { kind: 'full' };
    const load = await claimLoad(transaction, next.id, slot.owner, slot.leaseMs);
    if (load === null) return { kind: 'none' };
    await recordTurn(transaction, slot.env, next.dataSet);
    return { kind: 'claimed', load };
  });
}

async function chooseNext(control: ControlConnection, slot: Slot): Promise<Candidate | null> {
  const { rows } = await control.query<Candidate>(
    `WITH open AS (
       SELECT l.data_set, count(*) FILTER (WHERE NOT ${IS_FREE}) AS active
       FROM copydock.loads l WHERE l.env = $1 AND l.finished_at IS NULL GROUP BY l.data_set
     ), clean_ups AS (
       SELECT l.id, l.load_order, p.cleanup_due_at, ${IS_FREE} AS is_free
       FROM copydock.plans p JOIN copydock.loads l ON l.id = p.load_id
       WHERE p.cleanup_due_at IS NOT NULL AND l.env = $1 AND l.finished_at IS NOT NULL AND $3::text IS NULL
     ), candidates AS (
       SELECT next.id, open.data_set, open.active, next.load_order,
              (SELECT sum(active) FROM open) < $2 AS has_room
       FROM open CROSS JOIN LATERAL (
         SELECT l.id, l.load_order FROM copydock.loads l
         WHERE l.env = $1 AND l.data_set = open.data_set AND l.finished_at IS NULL
           AND l.due_at <= now() AND ${IS_FREE} AND ($3 IS NULL OR l.id = $3) AND NOT ${IS_PAUSED} AND ${HAS_TURN}
         ORDER BY l.load_order LIMIT 1) next
       UNION ALL
       (SELECT id, '', (SELECT count(*) FROM clean_ups WHERE NOT is_free), load_order, true
        FROM clean_ups WHERE is_free AND cleanup_due_at <= now() ORDER BY cleanup_due_at LIMIT 1)
     )
     SELECT c.id, c.data_set AS "dataSet", c.has_room AS "hasRoom"
     FROM candidates c LEFT JOIN copydock.turns t ON t.env = $1 AND t.data_set = c.data_set
     ORDER BY c.has_room DESC, c.active, t.last_turn_at NULLS FIRST, c.load_order LIMIT 1`,
    [slot.env, slot.maxActiveLoads, slot.onlyLoad ?? null],
  );
  return rows[0] ?? null;
}

async function recordTurn(transaction: ControlConnection, env: string, dataSet: string): Promise<void> {
  await transaction.query(
    `INSERT INTO copydock.turns (env, data_set, last_turn_at) VALUES ($1, $2, clock_timestamp())
     ON CONFLICT (env, data_set) DO UPDATE SET last_turn_at = excluded.last_turn_at`,
    [env, dataSet],
  );
}
