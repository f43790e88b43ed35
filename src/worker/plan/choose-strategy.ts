import { CopydockError } from '../../loads/errors.js';
import { type CommitStrategy, isUpsert, type LoadRequest } from '../../loads/load.js';
import { formatTableName } from '../../postgres/identifiers.js';
import type { TargetTable } from '../../postgres/target-database/catalog.js';

export interface StrategyQuestion {
  request: Pick<LoadRequest, 'load_type' | 'disposition' | 'duplicates'>;
  /** Fixed by the request or by the data set's configuration, or null. */
  wanted: CommitStrategy | null;
  target: TargetTable;
  isNewTable: boolean;
  isScoped: boolean;
  unknownColumns: readonly string[];
  sourceBytes: number;
  directMaxBytes: number;
}

export interface StrategyChoice {
  strategy: CommitStrategy;
  reason: string;
}

const CHANGES_CHILDREN: Record<string, string> = {
  c: 'CASCADE',
  n: 'SET NULL',
  d: 'SET DEFAULT',
  r: 'RESTRICT',
};

/** Chooses among the strategies that the commit protocol allows for this load, and says why. */
export function chooseStrategy(question: StrategyQuestion): StrategyChoice {
  const { wanted } = question;
  const choice = chooseFreely(question);
  if (wanted === null || wanted === choice.strategy) {
    return wanted === null ? choice : { strategy: wanted, reason: 'asked for by commit_strategy' };
  }
  const objection = objectionTo(wanted, question);
  if (objection !== null) {
    throw new CopydockError(
      'strategy_not_possible',
      `commit_strategy ${wanted} does not fit: ${objection}.`,
      {
        field: 'commit_strategy',
      },
    );
  }
  return { strategy: wanted, reason: 'asked for by commit_strategy' };
}

function chooseFreely(question: StrategyQuestion): StrategyChoice {
  const { request } = question;
  if (request.load_type === 'sample') {
    return { strategy: 'delete_insert', reason: 'the sample table is made anew and filled' };
  }
  if (isUpsert(request)) return { strategy: 'upsert', reason: 'a delta load upserts by primary key' };
  if (request.load_type === 'full') refuseCascade(question.target, question.isScoped);
  const objection = objectionTo('direct', question);
  if (objection === null) {
    return {
      strategy: 'direct',
      reason: `${question.sourceBytes} bytes go straight into the target on one connection`,
    };
  }
  return request.load_type === 'full'
    ? { strategy: 'delete_insert', reason: `not direct: ${objection}` }
    : { strategy: 'append', reason: `plain append through a staging table: ${objection}` };
}

/** Why a strategy can't be used for this load, or null. */
function objectionTo(strategy: CommitStrategy, question: StrategyQuestion): string | null {
  const { request } = question;
  switch (strategy) {
    case 'upsert':
      return isUpsert(request) ? null : 'only a delta load without disposition append upserts';
    case 'append':
      return request.load_type === 'delta' && !isUpsert(request)
        ? null
        : 'only a delta load with disposition append appends';
    case 'delete_insert':
      return request.load_type === 'delta' ? 'a delta load deletes nothing' : null;
    case 'direct':
      return objectionToDirect(question);
  }
}

function objectionToDirect(question: StrategyQuestion): string | null {
  const { request, sourceBytes, directMaxBytes } = question;
  if (request.load_type === 'sample') return 'a sample goes through a staging table';
  if (isUpsert(request)) return 'an upsert needs a staging table';
  if (question.isNewTable) return 'the target is made in the same transaction';
  if (request.duplicates === 'last') return 'duplicates: last needs a staging table';
  if (question.unknownColumns.length > 0) return `the target lacks ${question.unknownColumns.join(', ')}`;
  if (sourceBytes > directMaxBytes) {
    return `${sourceBytes} bytes are more than the ${directMaxBytes} that one connection should carry`;
  }
  return null;
}

/**
 * Deleting the scope's rows to insert them again would change the rows that refer to them. References of the table to
 * itself do no harm where all of it is replaced.
 */
function refuseCascade(target: TargetTable, isScoped: boolean): void {
  const { name, incomingForeignKeys, deleteTriggers } = target;
  const key = incomingForeignKeys.find(
    ({ onDelete, isSelf }) => onDelete in CHANGES_CHILDREN && (isScoped || !isSelf),
  );
  const table = formatTableName(name);
  if (key !== undefined) {
    throw new CopydockError(
      'replace_would_cascade',
      `${key.table} refers to ${table} by ${key.name} ON DELETE ${CHANGES_CHILDREN[key.onDelete]}: replacing rows of ${table} would change it.`,
    );
  }
  if (target.hasHeirs) {
    throw new CopydockError(
      'replace_would_cascade',
      `Other tables inherit from ${table}: deleting its rows would delete theirs.`,
    );
  }
  const [trigger] = deleteTriggers;
  if (trigger !== undefined) {
    throw new CopydockError(
      'replace_would_cascade',
      `Trigger ${trigger} fires on every DELETE from ${table}.`,
    );
  }
}
