import type pg from 'pg';

/** Of a load `l`: it has not begun, or has staged all, and waits for an earlier one. */
const WAITS = `(l.status = 'queued' OR l.waiting_for->>'reason' = 'earlier_load')`;

/**
 * Of a load `l` and a pause `p`: the load can't go on before the pause is over. Its own environment need not be the paused one:
 * it may wait for an earlier load of its table that has not begun. Scope keys are not asked for, since loads of two data sets
 * may wait for each other by way of one of the whole table.
 */
const IS_HELD_UP_BY = `l.finished_at IS NULL AND ((l.status = 'queued' AND l.env = p.env) OR (${WAITS} AND EXISTS (
  SELECT FROM copydock.loads e
   WHERE e.finished_at IS NULL AND e.status = 'queued' AND e.env = p.env AND e.target_database = l.target_database
     AND e.scope_table = l.scope_table AND e.load_order < l.load_order)))`;

/** Of a load `l`: its time limit stands still, since a pause holds it up. */
export const IS_HELD_UP = `EXISTS (SELECT FROM copydock.pauses p WHERE ${IS_HELD_UP_BY})`;

/** Loads `l` beside what `from` names, the pause `p` among it; $1 of `where` is `value`. */
interface HeldUp {
  from: string;
  where: string;
  value: string;
}

/** For the end of a pause, in its transaction: all that it held up get their time back. */
export async function giveTimeBack(client: pg.ClientBase, env: string): Promise<void> {
  const heldUp = { from: 'copydock.pauses p', where: `p.env = $1 AND ${IS_HELD_UP_BY}`, value: env };
  await lockInOrder(client, heldUp);
  await prolong(client, heldUp);
}

/**
 * For a load that ended before it began, in the transaction that ended it: those that waited for it alone, and so for a pause,
 * are held up no longer, and get their time back.
 */
export async function giveTimeBackBehind(client: pg.ClientBase, id: string): Promise<void> {
  const from = 'copydock.loads ended JOIN copydock.pauses p ON p.env = ended.env';
  const where = `ended.id = $1 AND l.finished_at IS NULL AND l.target_database = ended.target_database
    AND l.scope_table = ended.scope_table AND l.load_order > ended.load_order AND ${WAITS}`;
  await lockInOrder(client, { from, where, value: id });
  await prolong(client, { from, where: `${where} AND NOT ${IS_HELD_UP}`, value: id });
}

/**
 * Whoever locks several loads takes them in their order, or two would wait for each other. A statement of its own, so that
 * the next one sees what was committed while this one waited.
 */
async function lockInOrder(client: pg.ClientBase, { from, where, value }: HeldUp): Promise<void> {
  await client.query(
    `SELECT FROM copydock.loads l, ${from} WHERE ${where} ORDER BY l.load_order FOR UPDATE OF l`,
    [value],
  );
}

/** By what the pause `p` has taken from a load `l`. */
async function prolong(client: pg.ClientBase, { from, where, value }: HeldUp): Promise<void> {
  await client.query(
    `UPDATE copydock.loads l SET deadline_at = l.deadline_at + (now() - greatest(l.attempt_at, p.paused_at))
       FROM ${from} WHERE ${where}`,
    [value],
  );
}
