import { availableParallelism } from 'node:os';
import { formatReasons, formatTable, listPlayed } from './format-table.js';
import type { Backend, MeasuredRecovery, PlayedCell, Results } from './results.js';

/** The whole document, as docs/fault-matrix.md shows it; of a part of the matrix only a list. */
export function formatReport(results: Results, run: { isWhole: boolean; seconds: number }): string {
  const recoveries = results.recoveries.map(formatRecovery).join('\n');
  if (!run.isWhole) return `${listPlayed(results.cells)}\n${recoveries}\n`;
  return `# What is broken, when, and what becomes of the load

Made by \`npm run test:faults -- --table\` from the output of its tests. Each cell is a load of three objects and
fifteen parts over a table that is filled already and that another data set shares, played on real processes and servers
(\`test/faults\`). Each asserts that its fault had its effect, and then:

- the end is the one in the table, in the first attempt;
- the target holds exactly the old rows, or exactly the new ones where the load succeeded, once; the other data set's rows
  are untouched;
- a reader that looked all the while saw the old rows, then the new ones, never a mix;
- the receipt of a load that succeeded is right and balances; the others have none;
- nothing is left: no staged object, staging table, transaction, job, or clean-up that is due;
- after a kill nothing that was staged is read from the source or staged again.

Loads use the strategy \`delete_insert\`, unless others are named. A worker was told to stop with a timeout of 0 s. Leases
have their default length.

## Queue on Redis: ${countCells(results.cells, 'redis')}

${formatTable(results.cells, 'redis')}

Left out, since the fault has no meaning of its own there:

${formatReasons()}

## Queue on PostgreSQL: ${countCells(results.cells, 'postgres')}

A choice of the same cells. The queue is in the control database.

${formatTable(results.cells, 'postgres')}

## How fast another worker goes on

Time from the loss of a worker in the middle of a load until another one has staged or copied a part of it.

${recoveries}

All of it took ${Math.round(run.seconds / 60)} minutes on ${availableParallelism()} cores.
`;
}

function countCells(cells: readonly PlayedCell[], backend: Backend): string {
  const here = cells.filter((cell) => cell.backend === backend);
  return `${here.length} cells, ${here.filter(({ ok }) => !ok).length} broken`;
}

const LOST = {
  killed: 'killed (kill -9)',
  stopped: 'stopped (SIGSTOP) in the middle of COPY',
} as const;

function formatRecovery({ recovery, seconds }: MeasuredRecovery): string {
  const slowest = Math.max(...seconds);
  return `- ${LOST[recovery]}: ${seconds.length} times, at most ${slowest} s (${seconds.join(', ')})`;
}
