import { type CommitStrategy, type CopyEngine, isUpsert, type LoadRequest } from '../../loads/load.js';
import type { TargetTable } from '../../postgres/target-database/catalog.js';
import type { ExchangeOption } from '../../postgres/target-database/exchange/find-exchange.js';
import { CHANGES_CHILDREN } from '../../postgres/target-database/strategies/refuse-cascade.js';

export interface StrategyQuestion {
  request: Pick<LoadRequest, 'load_type' | 'disposition' | 'duplicates' | 'on_error'>;
  target: TargetTable;
  isNewTable: boolean;
  isScoped: boolean;
  /** Columns of the source that the target has. */
  loadedColumns: readonly string[];
  unknownColumns: readonly string[];
  swap: ExchangeOption;
  partition: ExchangeOption;
  copyEngine: CopyEngine;
  sourceBytes: number;
  directMaxBytes: number;
}

/** Why a strategy can't be used for this load, or null. */
export function objectionTo(strategy: CommitStrategy, question: StrategyQuestion): string | null {
  const { request } = question;
  switch (strategy) {
    case 'upsert':
      return isUpsert(request) ? null : 'only a delta load without disposition append upserts';
    case 'append':
      return request.load_type === 'delta' && !isUpsert(request)
        ? null
        : 'only a delta load with disposition append appends';
    case 'delete_insert':
      if (request.load_type === 'delta') return 'a delta load deletes nothing';
      return request.load_type === 'full' ? objectionToDelete(question) : null;
    case 'diff':
      return request.load_type === 'full' ? objectionToDiff(question) : 'only a full load is compared';
    case 'direct':
      return objectionToDirect(question);
    case 'swap':
    case 'partition':
      return request.load_type === 'full'
        ? question[strategy].objection
        : 'only a full load replaces a table';
  }
}

/**
 * Deleting the scope's rows to insert them again would change the rows that refer to them. References of the table to
 * itself do no harm where all of it is replaced. Also the reason why a full load can't be done at all without `diff`.
 */
export function objectionToDelete({ target, isScoped }: StrategyQuestion): string | null {
  const key = target.incomingForeignKeys.find(
    ({ onDelete, isSelf }) => (onDelete in CHANGES_CHILDREN || onDelete === 'r') && (isScoped || !isSelf),
  );
  if (key !== undefined) {
    const action = CHANGES_CHILDREN[key.onDelete] ?? 'RESTRICT';
    return `${key.table} refers to it by ${key.name} ON DELETE ${action}`;
  }
  if (target.hasHeirs) return 'other tables inherit from it';
  const [trigger] = target.deleteTriggers;
  return trigger === undefined ? null : `trigger ${trigger} fires on every DELETE from it`;
}

/** Rows of other tables may refer to rows that a plain DELETE would remove, if only for a moment. */
export function isReferenced({ target }: StrategyQuestion): boolean {
  return target.incomingForeignKeys.some(({ isSelf, isDeferred }) => !isSelf && !isDeferred);
}

/** Columns of PostGIS, whose texts are converted and checked as they are copied into a staging table. */
export function findConverted({ target, loadedColumns }: StrategyQuestion): string[] {
  return target.columns
    .filter(({ name, geometry }) => geometry !== null && loadedColumns.includes(name))
    .map(({ name }) => name);
}

function objectionToDirect(question: StrategyQuestion): string | null {
  const { request, sourceBytes, directMaxBytes } = question;
  if (question.copyEngine === 'aws_s3') return 'copy_engine aws_s3 copies staged parts into a staging table';
  if (request.load_type === 'sample') return 'a sample goes through a staging table';
  if (isUpsert(request)) return 'an upsert needs a staging table';
  if (question.isNewTable) return 'the target is made in the same transaction';
  if (request.duplicates === 'last') return 'duplicates: last needs a staging table';
  if (request.on_error === 'skip') return 'on_error: skip needs a staging table';
  if (question.unknownColumns.length > 0) return `the target lacks ${question.unknownColumns.join(', ')}`;
  const [converted] = findConverted(question);
  if (converted !== undefined) return `${converted} is geometry, which is checked in a staging table`;
  if (sourceBytes > directMaxBytes) {
    return `${sourceBytes} bytes are more than the ${directMaxBytes} that one connection should carry`;
  }
  return request.load_type === 'full' ? objectionToDelete(question) : null;
}

function objectionToDiff({ target, isNewTable, loadedColumns }: StrategyQuestion): string | null {
  if (isNewTable) return 'the table is new';
  if (target.primaryKey.length === 0) return 'the table has no primary key';
  if (target.hasHeirs) return 'other tables inherit from the table';
  if (target.hasRules) return 'the table has rules';
  // Of an empty source (allow_empty) there is not even a column.
  if (loadedColumns.length === 0) return null;
  const key = target.primaryKey.find((column) => !loadedColumns.includes(column));
  if (key !== undefined) return `the source lacks ${key}, which is part of the key`;
  const volatile = target.columns.find(
    ({ name, isGenerated, hasVolatileDefault }) =>
      hasVolatileDefault && !isGenerated && !loadedColumns.includes(name),
  );
  return volatile === undefined
    ? null
    : `${volatile.name}, which the source lacks, has another default in every row`;
}
