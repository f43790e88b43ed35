import { CopydockError } from '../loads/errors.js';
import { withControlErrors } from '../postgres/control-database/unavailable.js';
import { findPendingMigrations } from '../postgres/pending-migrations.js';
import { createPool } from '../postgres/pool.js';

/**
 * Services change no database by themselves: they say what to do.
 * @throws CopydockError `unavailable` where the control database does not answer or is not up to date
 */
export async function checkControlSchema(databaseUrl: string): Promise<void> {
  const pool = createPool(databaseUrl, { applicationName: 'copydock check', max: 1 });
  try {
    const pending = await withControlErrors(() => findPendingMigrations(pool, 'control'));
    if (pending.length === 0) return;
    throw new CopydockError(
      'unavailable',
      `The control database (DATABASE_URL) lacks ${pending.join(', ')} of Copydock's tables.`,
      { hint: 'Run: copydock migrate' },
    );
  } finally {
    await pool.end();
  }
}
