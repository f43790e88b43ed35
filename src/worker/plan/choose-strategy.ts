import { CopydockError } from '../../loads/errors.js';
import { type CommitStrategy, isUpsert } from '../../loads/load.js';
import { formatTableName } from '../../postgres/identifiers.js';
import {
  isReferenced,
  objectionTo,
  objectionToDelete,
  type StrategyQuestion,
} from './strategy-objections.js';

export interface StrategyChoice {
  strategy: CommitStrategy;
  reason: string;
}

/**
 * Chooses among the strategies that the commit protocol allows for this load, and says why. `wanted`: fixed by the
 * request or by the data set's configuration, or null.
 */
export function chooseStrategy(question: StrategyQuestion, wanted: CommitStrategy | null): StrategyChoice {
  if (wanted === null) return chooseFreely(question);
  const objection = objectionTo(wanted, question);
  if (objection === null) return { strategy: wanted, reason: 'asked for by commit_strategy' };
  const detail = `commit_strategy ${wanted} does not fit ${formatTableName(question.target.name)}: ${objection}.`;
  throw new CopydockError('strategy_not_possible', detail, { field: 'commit_strategy' });
}

function chooseFreely(question: StrategyQuestion): StrategyChoice {
  const { request, sourceBytes } = question;
  if (request.load_type === 'sample') {
    return { strategy: 'delete_insert', reason: 'the sample table is made anew and filled' };
  }
  if (isUpsert(request)) return { strategy: 'upsert', reason: 'a delta load upserts by primary key' };
  if (request.load_type === 'full') {
    const choice = chooseForReferenced(question);
    if (choice !== null) return choice;
  }
  const objection = objectionTo('direct', question);
  if (objection === null) {
    const reason = `${sourceBytes} bytes go straight into the target on one connection`;
    return { strategy: 'direct', reason };
  }
  return request.load_type === 'full'
    ? { strategy: 'delete_insert', reason: `not direct: ${objection}` }
    : { strategy: 'append', reason: `plain append through a staging table: ${objection}` };
}

/** Rows that others refer to are compared and kept; null where they may be deleted and inserted again. */
function chooseForReferenced(question: StrategyQuestion): StrategyChoice | null {
  const objection = objectionToDelete(question);
  const objectionToDiff = objectionTo('diff', question);
  if (objection !== null && objectionToDiff !== null) {
    const table = formatTableName(question.target.name);
    const detail = `The rows of ${table} can't be deleted to be inserted again: ${objection}. Nor can they be compared: ${objectionToDiff}.`;
    throw new CopydockError('replace_would_cascade', detail);
  }
  if (objectionToDiff !== null) return null;
  if (objection !== null) return { strategy: 'diff', reason: `rows that stay are kept: ${objection}` };
  return isReferenced(question)
    ? { strategy: 'diff', reason: 'rows that stay are kept: other tables refer to the table' }
    : null;
}
