import { isUpsert } from '../../loads/load.js';
import { loadableColumns, type TargetTable } from '../../postgres/target-database/catalog.js';
import type { ScopeFilter } from '../../postgres/target-database/scope-filter.js';
import { columnName } from '../cut/head.js';
import type { LoadRun } from '../load-run.js';
import type { Source } from './find-source.js';
import { type ColumnGap, mergeHeaders, refuseGaps } from './merge-headers.js';

export interface Header {
  /** Column names of the source. */
  header: string[];
  /** Those of them that some objects lack. */
  gaps: ColumnGap[];
}

/** The columns of all objects together; throws where they don't go together. */
export function decideHeader(
  run: LoadRun,
  source: Source,
  target: TargetTable,
  scope: ScopeFilter | null,
): Header {
  const { first, heads } = source;
  const merged = mergeHeaders(heads);
  if (first?.reading.format === 'jsonl') return { header: jsonHeader(run, merged.columns, target), gaps: [] };
  refuseGaps(merged, heads, target, scope, run.load.request);
  return { header: merged.columns, gaps: merged.gaps };
}

/**
 * Records of JSON Lines may have keys that the first ones lack, and only those are known before all is read. So columns
 * without a default are taken in, too: they are NULL with a key that is missing as without the column. An upsert, which
 * would overwrite values with that NULL, takes only what the first records have.
 */
function jsonHeader({ load: { request } }: LoadRun, keys: readonly string[], target: TargetTable): string[] {
  const named = (request.csv?.columns ?? []).map(columnName);
  const nullable = isUpsert(request)
    ? []
    : loadableColumns(target).filter(
        ({ isNotNull, hasDefault, isIdentity }) => !isNotNull && !hasDefault && !isIdentity,
      );
  return [...new Set([...keys, ...named, ...nullable.map(({ name }) => name)])];
}
