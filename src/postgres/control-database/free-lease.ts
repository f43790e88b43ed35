/**
 * A lease that has run out proves that its worker is gone only if the worker could have renewed it. Of a load `l`: no
 * lease, or one that ran out outside an outage of this database.
 */
export const IS_FREE = `(l.lease_expires_at IS NULL OR (l.lease_expires_at < now()
  AND now() >= (SELECT no_takeover_until FROM copydock.control_state)))`;
