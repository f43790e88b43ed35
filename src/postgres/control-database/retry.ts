import type pg from 'pg';
import type { RetryOutcome, Wake } from '../../loads/store.js';
import { beginAttempt } from './begin-attempt.js';
import { lockLoad } from './lock-load.js';
import { inTransaction } from './transaction.js';

/** Begins a new attempt of a failed or cancelled load. null: no such load. */
// model: retry
export function retryLoad(pool: pg.Pool, id: string): Promise<(RetryOutcome & { wake: Wake | null }) | null> {
  return inTransaction(pool, async (client) => {
    const locked = await lockLoad(client, id);
    if (locked === null) return null;
    const { status } = locked.load;
    if (status !== 'failed' && status !== 'cancelled') {
      return { outcome: 'not_retryable', load: locked.load, wake: null };
    }
    return { outcome: 'retried', ...(await beginAttempt(client, locked.load)) };
  });
}
