import type { CommitPlan, CopyEngine } from '../../loads/load.js';
import type { PlanRow } from '../../postgres/control-database/plans.js';
import type { TableName } from '../../postgres/identifiers.js';
import type { TargetColumn } from '../../postgres/target-database/catalog.js';
import type { ScopeFilter } from '../../postgres/target-database/scope-filter.js';
import type { StagingTable } from '../../postgres/target-database/staging-table.js';
import type { PinnedObject } from '../../s3/list.js';
import type { CsvDialect } from '../cut/dialect.js';
import type { Reading } from '../read/reading.js';
import type { StrategyPlan } from './decide-strategy.js';

/** What an attempt set out to do. It is written once, and every owner of the attempt keeps to it. */
export interface PlanDocument extends StrategyPlan {
  objects: PinnedObject[];
  /** Plans of the first version have none: they stream. */
  copyEngine?: CopyEngine;
  /** How the objects are read. Plans of the first version have none: they read plain CSV. */
  reading?: Reading;
  /** What is cut and copied. */
  dialect: CsvDialect;
  /** Column names of the source, in the order of their first appearance. */
  header: string[];
  partSizeBytes: number;
  /** Records to read at most (sample), or null. */
  recordLimit: number | null;
  target: TableName;
  /** The table that a sample load makes, or null. */
  sample: TableName | null;
  /** Columns of the table that the commit makes first, or null where the target stands. */
  createColumns: TargetColumn[] | null;
  primaryKey: string[];
  staging: StagingTable;
  /** Columns of the source that the target has. */
  loadedColumns: string[];
  /** Columns where an empty value is NULL. */
  forceNull: string[];
  scope: ScopeFilter | null;
  /** `validate_only`: nothing is committed. */
  isDryRun?: boolean;
}

export type Plan = PlanRow<PlanDocument>;

export function readingOf({ plan: { reading, dialect } }: Plan): Reading {
  if (reading !== undefined) return reading;
  const encoding = { copy: dialect.encoding, utf16: null };
  return { format: 'csv', encoding, dialect, columns: [], lateColumns: [], respelledNulls: null };
}

export function engineOf({ plan }: Plan): CopyEngine {
  return plan.copyEngine ?? 'stream';
}

/** What the load's `commit_plan` says, where the strategy may be another than planned. */
export function reportedPlan(
  plan: Plan,
  changed: Pick<CommitPlan, 'strategy' | 'reason'> = plan.plan,
): CommitPlan {
  const { strategy, reason } = changed;
  return { strategy, reason, copy_engine: engineOf(plan), not_allowed: plan.plan.notAllowed };
}

/** `s3://` key of a part's staged object. */
export function partKey(plan: Pick<Plan, 'stagingPrefix'>, part: number): string {
  return `${plan.stagingPrefix}part-${String(part).padStart(6, '0')}.csv`;
}

/** Only `direct` does without a staging table, unless it is only tried. */
export function isStaged(plan: Plan): boolean {
  return plan.plan.strategy !== 'direct' || plan.plan.isDryRun === true;
}
