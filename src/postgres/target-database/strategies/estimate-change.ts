import type pg from 'pg';
import { readDefaults } from '../catalog.js';
import { type ComparedInput, ComparedRows } from './compared-rows.js';

const SAMPLED_ROWS = 1_000;

/**
 * The share, 0 to 1, of staged rows that the target lacks or holds otherwise, by a sample of pages; null where the sample
 * holds none. Each sampled row is looked up by its key.
 */
export async function estimateChangedShare(
  client: pg.ClientBase,
  input: Omit<ComparedInput, 'defaults'> & { stagedRows: number },
): Promise<number | null> {
  if (input.columns.length === 0 || input.stagedRows === 0) return null;
  const rows = new ComparedRows({ ...input, defaults: await readDefaults(client, input.table.oid) });
  const percent = Math.min(100, (100 * 2 * SAMPLED_ROWS) / input.stagedRows);
  const { rows: found } = await client.query<{ share: number | null }>(
    `SELECT avg((t.found IS NULL OR ${rows.differs})::int)::float8 AS share
       FROM (${rows.staged(`TABLESAMPLE SYSTEM (${percent})`)} LIMIT ${SAMPLED_ROWS}) s
       LEFT JOIN LATERAL (SELECT * FROM (${rows.target}) t WHERE ${rows.matches} LIMIT 1) t ON TRUE`,
  );
  return found[0]?.share ?? null;
}
