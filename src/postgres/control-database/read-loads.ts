import type pg from 'pg';
import type { Load } from '../../loads/load.js';
import { LOAD_COLUMNS, type LoadRow, readLoad } from './row.js';

/** Those of these loads that are there, by id. */
export async function readLoads(pool: pg.Pool, ids: readonly string[]): Promise<Map<string, Load>> {
  const { rows } = await pool.query<LoadRow>({
    name: 'copydock-read-loads',
    text: `SELECT ${LOAD_COLUMNS} FROM copydock.loads WHERE id = ANY($1)`,
    values: [ids],
  });
  return new Map(rows.map((row) => [row.id, readLoad(row)]));
}
