import type { CommitStrategy } from '../../loads/load.js';
import { isLockTimeout } from '../../postgres/sqlstate.js';
import { SHORT_LOCK_TIMEOUT_MS } from '../../postgres/target-database/exchange/exchange.js';
import {
  type ExchangeOption,
  findPartition,
  findSwap,
} from '../../postgres/target-database/exchange/find-exchange.js';
import type { NewTablePlan } from '../../postgres/target-database/exchange/new-table.js';
import { changedShareOf, readLastFullLoad } from '../../postgres/target-database/last-full-load.js';
import { estimateSize } from '../../postgres/target-database/table-size.js';
import type { LoadRun } from '../load-run.js';
import { chooseStrategy, type Preference, type StrategyChoice } from './choose-strategy.js';
import type { Source } from './find-source.js';
import type { PlannedTable } from './planned-table.js';
import { sampleChangedShare } from './sample-change.js';
import type { CostFacts } from './strategy-costs.js';
import { findConverted, objectionTo, type StrategyQuestion } from './strategy-objections.js';

/** How the plan applies its rows, and what it needs for that. */
export interface StrategyPlan {
  strategy: CommitStrategy;
  reason: string;
  notAllowed: StrategyChoice['notAllowed'];
  newTable: NewTablePlan | null;
  fallback: CommitStrategy | null;
  /** What the commit needs to choose again, when it knows the rows; null where there is nothing to choose. */
  choice: { facts: CostFacts; allowed: CommitStrategy[]; prefer: Preference } | null;
}

/** Below this much source data a table is not worth being made anew, and neither what hangs on it nor a sample is asked for. */
const LARGE_BYTES = 1024 * 1024;
/** Where nothing tells otherwise, every row is taken to have changed. */
const ALL_CHANGED = 1;

/** Looks at the target's catalog and at the last load, and chooses how the rows are applied. */
export async function decideStrategy(
  run: LoadRun,
  source: Source,
  planned: PlannedTable,
): Promise<StrategyPlan> {
  const { request, dataSet } = run.load;
  const { table, isNew, columns, scope } = planned;
  const configured = run.deps.config.dataSets.get(dataSet);
  const wanted = request.commit_strategy ?? configured?.commitStrategy ?? null;
  const sourceBytes = source.textBytes;
  const known =
    request.load_type === 'full' && !isNew
      ? await readTargetFacts(run, planned, { wanted, sourceBytes })
      : UNKNOWN;
  const question: StrategyQuestion = {
    request,
    target: table,
    isNewTable: isNew,
    isScoped: scope !== null,
    loadedColumns: columns.loaded,
    unknownColumns: columns.unknown,
    swap: known.swap,
    partition: known.partition,
    copyEngine: run.env.copyEngine,
    sourceBytes,
    directMaxBytes: run.deps.config.worker.directMaxBytes,
  };
  const needsSample = wanted === null && known.changedShare === null && isWorthSampling(question);
  const changedShare = needsSample ? await sampleChangedShare(run, source, planned) : known.changedShare;
  const facts = {
    ...known.size,
    sourceBytes,
    sourceRows: estimateRows(source, sourceBytes),
    parallelism: run.env.parallelism,
    changedShare: changedShare ?? ALL_CHANGED,
    isShareFound: changedShare !== null,
  };
  const { prefer } = run;
  const { strategy, reason, notAllowed, allowed } = chooseStrategy(question, facts, {
    strategy: wanted,
    prefer,
  });
  return {
    strategy,
    reason,
    notAllowed,
    newTable: planNewTable(strategy, question),
    fallback: objectionTo('delete_insert', question) === null ? 'delete_insert' : 'diff',
    choice: allowed.length > 1 && allowed.includes('diff') ? { facts, allowed, prefer } : null,
  };
}

function isWorthSampling(question: StrategyQuestion): boolean {
  return question.sourceBytes >= LARGE_BYTES && objectionTo('diff', question) === null;
}

const NOT_REPLACED: ExchangeOption = { objection: 'the table is new' };
const UNKNOWN = {
  swap: NOT_REPLACED,
  partition: NOT_REPLACED,
  size: { targetRows: 0, scopeRows: 0, indexes: 0 },
  changedShare: null,
};

async function readTargetFacts(
  run: LoadRun,
  { table, columns, scope }: PlannedTable,
  { wanted, sourceBytes }: { wanted: CommitStrategy | null; sourceBytes: number },
) {
  const { schema } = table.name;
  const isWorthIt = wanted === 'swap' || wanted === 'partition' || sourceBytes >= LARGE_BYTES;
  const tooSmall: ExchangeOption = { objection: `${sourceBytes} bytes are not worth a new table` };
  const facts = await run.inTarget({ schema }, async (client) => {
    const last = await readLastFullLoad(client, run.load.targetTable, run.load.dataSet);
    return {
      size: await estimateSize(client, table, scope, last?.loaded ?? null),
      changedShare: last === null ? null : changedShareOf(last),
      swap: isWorthIt ? await findSwap(client, table, scope) : tooSmall,
    };
  });
  if (!isWorthIt) return { ...facts, partition: tooSmall };
  const partition = await run
    .inTarget({ schema, lockTimeoutMs: SHORT_LOCK_TIMEOUT_MS }, (client) =>
      findPartition(client, table, scope, columns.loaded),
    )
    .catch((error: unknown): ExchangeOption => {
      if (!isLockTimeout(error)) throw error;
      return { objection: 'the table is locked' };
    });
  return { ...facts, partition };
}

/** Parts are copied right into the new table where it takes them as they are. An import can't leave rows out. */
function planNewTable(strategy: CommitStrategy, question: StrategyQuestion): NewTablePlan | null {
  if (strategy !== 'swap' && strategy !== 'partition') return null;
  const option = question[strategy];
  if (option.objection !== null) throw new Error(`${strategy} was chosen against ${option.objection}`);
  const { replaces, attachment } = option;
  const isCopiedInto =
    question.loadedColumns.length > 0 &&
    question.unknownColumns.length === 0 &&
    findConverted(question).length === 0 &&
    (question.copyEngine === 'stream' || !question.isScoped) &&
    question.request.duplicates !== 'last';
  return { replaces, attachment, isCopiedInto };
}

/** By the line ends of the first object's sample: a few too many where values hold line ends. */
function estimateRows({ first }: Source, sourceBytes: number): number {
  if (first === null || first.sample.length === 0) return 0;
  let lines = 1;
  for (let at = first.sample.indexOf('\n'); at !== -1; at = first.sample.indexOf('\n', at + 1)) lines += 1;
  return Math.ceil((lines * sourceBytes) / first.sample.length);
}
