import { CopydockError } from '../../loads/errors.js';
import { type CommitStrategy, isUpsert } from '../../loads/load.js';
import { formatTableName } from '../../postgres/identifiers.js';
import { type Cost, type CostFacts, estimateCost } from './strategy-costs.js';
import {
  isReferenced,
  objectionTo,
  objectionToDelete,
  type StrategyQuestion,
} from './strategy-objections.js';

export type Preference = 'time' | 'wal';

export interface StrategyChoice {
  strategy: CommitStrategy;
  /** One line for people. */
  reason: string;
  /** Strategies that this load can't use, and why. */
  notAllowed: { strategy: CommitStrategy; reason: string }[];
  /** Those among which the cost decided; one where there was no choice. */
  allowed: CommitStrategy[];
}

export interface Wishes {
  /** Fixed by the request or by the data set's configuration, or null. */
  strategy: CommitStrategy | null;
  prefer: Preference;
}

/** Up to this much source data it costs little to write rows that have not changed. */
const GUESS_MAX_BYTES = 32 * 1024 * 1024;
const OF_FULL_LOADS = ['direct', 'diff', 'delete_insert', 'swap', 'partition'] as const;

/** Chooses among the strategies that the commit protocol allows for this load, and says why. */
export function chooseStrategy(question: StrategyQuestion, facts: CostFacts, wishes: Wishes): StrategyChoice {
  const { strategy: wanted } = wishes;
  if (wanted === null) return chooseFreely(question, facts, wishes.prefer);
  const objection = objectionTo(wanted, question);
  if (objection === null) return only(wanted, 'asked for by commit_strategy');
  const detail = `commit_strategy ${wanted} does not fit ${formatTableName(question.target.name)}: ${objection}.`;
  throw new CopydockError('strategy_not_possible', detail, { field: 'commit_strategy' });
}

function chooseFreely(question: StrategyQuestion, facts: CostFacts, prefer: Preference): StrategyChoice {
  const { request } = question;
  if (request.load_type === 'sample') {
    return only('delete_insert', 'the sample table is made anew and filled');
  }
  if (request.load_type === 'full') return chooseForFull(question, facts, prefer);
  if (isUpsert(request)) return only('upsert', 'a delta load upserts by primary key');
  const objection = objectionTo('direct', question);
  return objection === null
    ? only('direct', explainDirect(question))
    : only('append', `plain append through a staging table: ${objection}`);
}

function chooseForFull(question: StrategyQuestion, facts: CostFacts, prefer: Preference): StrategyChoice {
  const notAllowed: StrategyChoice['notAllowed'] = [];
  const allowed: CommitStrategy[] = [];
  for (const strategy of OF_FULL_LOADS) {
    const reason =
      objectionTo(strategy, question) ??
      objectionToMovingRows(strategy, question) ??
      objectionToGuessing(strategy, question, facts);
    if (reason === null) allowed.push(strategy);
    else notAllowed.push({ strategy, reason });
  }
  const [first, ...others] = allowed;
  if (first === undefined) throw nothingAllowed(question);
  if (others.length === 0) {
    const reason = objectionToDelete(question) ?? objectionToMovingRows('delete_insert', question);
    const why =
      first === 'diff' && reason !== null ? `rows that stay are kept: ${reason}` : 'the only one that fits';
    return { strategy: first, reason: why, notAllowed, allowed };
  }
  const strategy = findCheapest(allowed, prefer, (one) => estimateCost(one, facts));
  const reason =
    strategy === 'direct'
      ? explainDirect(question)
      : explainCosts(strategy, allowed, prefer, facts.changedShare, (one) => estimateCost(one, facts));
  return { strategy, reason, notAllowed, allowed };
}

export function findCheapest(
  strategies: readonly CommitStrategy[],
  prefer: Preference,
  costOf: (strategy: CommitStrategy) => Cost,
): CommitStrategy {
  const measure = (strategy: CommitStrategy) => {
    const { seconds, walBytes } = costOf(strategy);
    return prefer === 'time' ? seconds : walBytes;
  };
  return strategies.reduce((best, one) => (measure(one) < measure(best) ? one : best));
}

/** `least time: swap 9.1 s, diff 18.3 s, delete_insert 22.0 s (100% of the rows changed)` */
export function explainCosts(
  chosen: CommitStrategy,
  strategies: readonly CommitStrategy[],
  prefer: Preference,
  changedShare: number,
  costOf: (strategy: CommitStrategy) => Cost,
): string {
  const figures = [chosen, ...strategies.filter((one) => one !== chosen)].map((strategy) => {
    const { seconds, walBytes } = costOf(strategy);
    return `${strategy} ${prefer === 'time' ? `${seconds.toFixed(1)} s` : `${(walBytes / 1e6).toFixed(1)} MB`}`;
  });
  const assumed = strategies.includes('diff')
    ? ` (${(changedShare * 100).toFixed(0)}% of the rows changed)`
    : '';
  return `least ${prefer === 'time' ? 'time' : 'WAL'} by estimate: ${figures.join(', ')}${assumed}`;
}

/** Rows that other tables refer to can't be deleted for a moment. Asked for by name, it is tried all the same. */
function objectionToMovingRows(strategy: CommitStrategy, question: StrategyQuestion): string | null {
  if (strategy !== 'direct' && strategy !== 'delete_insert') return null;
  return isReferenced(question) && objectionTo('diff', question) === null
    ? 'other tables refer to the table'
    : null;
}

/** Rows that go straight into the target can't be compared with it any more. Asked for by name, it is done all the same. */
function objectionToGuessing(
  strategy: CommitStrategy,
  question: StrategyQuestion,
  { isShareFound }: CostFacts,
): string | null {
  if (strategy !== 'direct' || isShareFound || question.sourceBytes < GUESS_MAX_BYTES) return null;
  return objectionTo('diff', question) === null
    ? 'how many rows differ is only known once they are staged'
    : null;
}

function nothingAllowed(question: StrategyQuestion): CopydockError {
  const table = formatTableName(question.target.name);
  const detail = `The rows of ${table} can't be deleted to be inserted again: ${objectionToDelete(question)}. Nor can they be compared: ${objectionTo('diff', question)}.`;
  return new CopydockError('replace_would_cascade', detail);
}

function explainDirect({ sourceBytes }: StrategyQuestion): string {
  return `${sourceBytes} bytes go straight into the target on one connection`;
}

function only(strategy: CommitStrategy, reason: string): StrategyChoice {
  return { strategy, reason, notAllowed: [], allowed: [strategy] };
}
