import type { CommitStrategy } from '../../loads/load.js';

/** What the cost of a full load, or of a plain append, depends on. */
export interface CostFacts {
  sourceBytes: number;
  /** Rows of the source, by the first object's look. */
  sourceRows: number;
  /** Rows of the target, and those of them that the load replaces, by the database's own estimate. */
  targetRows: number;
  scopeRows: number;
  indexes: number;
  parallelism: number;
  /** Share of the source's rows that differ from the target's, 0 to 1. */
  changedShare: number;
  /** Whether that share was found, and not only assumed. */
  isShareFound: boolean;
}

/**
 * Seconds and bytes of PostgreSQL's own work, measured on 2 cores with 2,000,000 rows of 290 bytes, a key and one index:
 * COPY into an UNLOGGED heap 8.0 s on one connection and 6.0 s on two; delete and COPY into the target 14.7 s; delete and
 * insert from a staging table 14 s; key and index built side by side after the data 2.3 s; 4,000,000 rows joined with
 * 2,000,000 staged ones 6 s. Only their proportions matter.
 */
const SECONDS = {
  copiedByte: 8.0 / 580e6,
  /** Several connections copy into one table at this multiple of one's speed. */
  copySpeedup: 1.33,
  /** COPY into a logged table, against an UNLOGGED one. */
  loggedCopy: 1.15,
  deletedRow: 0.75e-6,
  insertedRow: 3.6e-6,
  insertedEntry: 1.3e-6,
  builtEntry: 0.6e-6,
  comparedRow: 1.0e-6,
  changedRow: 6e-6,
  /** Making, checking and dropping a staging table. */
  staging: 0.05,
  /** Reading, building and exchanging a definition. */
  exchange: 0.3,
};
const WAL_BYTES = { row: 60, entry: 90, builtEntry: 20, deletedRow: 60 };

export interface Cost {
  seconds: number;
  walBytes: number;
}

/** The cost of a strategy; `isStaged` leaves out what bringing the rows to the staging table costs. */
export function estimateCost(
  strategy: CommitStrategy,
  facts: CostFacts,
  { isStaged = false }: { isStaged?: boolean } = {},
): Cost {
  const { sourceRows, sourceBytes, targetRows, scopeRows, indexes } = facts;
  const staging = isStaged ? 0 : SECONDS.staging + copySeconds(facts);
  const rowWal = sourceBytes / Math.max(1, sourceRows) + WAL_BYTES.row;
  const replaced = {
    seconds: scopeRows * SECONDS.deletedRow + sourceRows * indexes * SECONDS.insertedEntry,
    walBytes: scopeRows * WAL_BYTES.deletedRow + sourceRows * (rowWal + indexes * WAL_BYTES.entry),
  };
  switch (strategy) {
    case 'direct':
      return { ...replaced, seconds: replaced.seconds + sourceBytes * SECONDS.copiedByte };
    case 'diff': {
      const changed = sourceRows * facts.changedShare;
      return {
        seconds:
          staging +
          (targetRows + sourceRows) * SECONDS.comparedRow +
          changed * (SECONDS.changedRow + indexes * SECONDS.insertedEntry),
        walBytes: changed * (rowWal + WAL_BYTES.deletedRow + indexes * WAL_BYTES.entry),
      };
    }
    case 'swap':
    case 'partition':
      return {
        seconds:
          (isStaged ? 0 : copySeconds(facts) * SECONDS.loggedCopy) +
          SECONDS.exchange +
          sourceRows * indexes * SECONDS.builtEntry,
        walBytes: (isStaged ? 0 : sourceRows * rowWal) + sourceRows * indexes * WAL_BYTES.builtEntry,
      };
    default:
      return { ...replaced, seconds: staging + replaced.seconds + sourceRows * SECONDS.insertedRow };
  }
}

function copySeconds({ sourceBytes, parallelism }: CostFacts): number {
  return (sourceBytes * SECONDS.copiedByte) / (parallelism > 1 ? SECONDS.copySpeedup : 1);
}
