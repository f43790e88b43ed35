import type { TargetTable } from '../../postgres/target-database/catalog.js';
import type { ScopeFilter } from '../../postgres/target-database/scope-filter.js';
import type { StagingTable } from '../../postgres/target-database/staging-table.js';
import type { ColumnMatch } from './match-columns.js';

/** The target as the plan finds it, and what of the source goes into it. */
export interface PlannedTable {
  table: TargetTable;
  isNew: boolean;
  columns: ColumnMatch;
  scope: ScopeFilter | null;
  /** As it will be made where the rows are staged. */
  staging: StagingTable;
}
