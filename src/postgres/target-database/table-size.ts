import type pg from 'pg';
import type { TargetTable } from './catalog.js';
import type { ScopeFilter } from './scope-filter.js';

/** How large a table is, by what was gathered about it: nothing of it is read, and nobody's lock is waited for. */
export interface TableSize {
  targetRows: number;
  scopeRows: number;
  indexes: number;
}

/** `lastLoaded`: rows that the data set's last full load left in the scope, or null. */
export async function estimateSize(
  client: pg.ClientBase,
  { oid }: TargetTable,
  scope: ScopeFilter | null,
  lastLoaded: number | null,
): Promise<TableSize> {
  const { rows } = await client.query<{ rows: number; indexes: number; share: number | null }>(SIZE_QUERY, [
    oid,
    scope?.column ?? null,
    scope?.value ?? null,
  ]);
  const { rows: known = 0, indexes = 0, share = null } = rows[0] ?? {};
  const targetRows = Math.max(known, lastLoaded ?? 0);
  const scopeRows = scope === null ? targetRows : (lastLoaded ?? targetRows * (share ?? 1));
  return { targetRows, scopeRows, indexes };
}

/** Of a partitioned table the leaves hold the rows. `share`: how often the scope's value is met, if it is frequent. */
const SIZE_QUERY = `
SELECT (SELECT coalesce(sum(greatest(l.reltuples, 0)), 0)::float8 FROM pg_class l
         WHERE l.oid = $1 OR l.oid IN (SELECT relid FROM pg_partition_tree($1::oid) WHERE isleaf)) AS rows,
       (SELECT count(*)::int FROM pg_index WHERE indrelid = $1) AS indexes,
       (SELECT v.share::float8 FROM pg_stats s
         CROSS JOIN LATERAL unnest(s.most_common_vals::text::text[], s.most_common_freqs) AS v(value, share)
         WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = $2 AND v.value = $3 LIMIT 1) AS share
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1`;
