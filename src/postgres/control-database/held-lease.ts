/**
 * What a worker writes beside the row of its load has no effect once it has lost the lease: it learns of that elsewhere.
 * $1 is the load's id and $2 the lease token; no clock is asked.
 */
export const IS_HELD = 'EXISTS (SELECT FROM copydock.loads WHERE id = $1 AND lease_token = $2)';
