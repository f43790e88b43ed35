import { parseArgs } from 'node:util';

export interface BenchOptions {
  rows: number;
  files: number;
  runs: number;
  /** Empty: all. */
  scenarios: string[];
  strategies: 'all' | 'picked';
  seconds: number;
  jsonFile: string | null;
  profileFolder: string | null;
  programFolder: string;
}

export const USAGE = `Usage: npm run bench -- [options]

Runs Copydock and its rivals side by side on servers of its own, and prints what each needed.

  --rows N            rows of a load (2000000); scenarios of another size follow it in proportion
  --files N           objects that they come in (4)
  --runs N            runs of each, interleaved; medians are shown (3)
  --scenario NAME     only this one; may be given several times
  --strategies WHICH  all: the planner's pick and each strategy forced (default); picked: the pick alone
  --seconds N         how long the scenarios of the API last (30)
  --json FILE         writes the results as JSON, too
  --profile FOLDER    writes a CPU profile of each Copydock process, and prints where the worker's time went
  --program FOLDER    the Copydock to measure: another checkout, built (default: this one, which is built first)
`;

/** @throws TypeError with one line for the user */
export function readOptions(args: string[], projectFolder: string): BenchOptions | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: 'string', default: '2000000' },
      files: { type: 'string', default: '4' },
      runs: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '30' },
      scenario: { type: 'string', multiple: true, default: [] },
      strategies: { type: 'string', default: 'all' },
      json: { type: 'string' },
      profile: { type: 'string' },
      program: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  if (values.strategies !== 'all' && values.strategies !== 'picked') {
    throw new TypeError(`--strategies must be all or picked; got ${values.strategies}`);
  }
  return {
    rows: readCount('--rows', values.rows, 1_000),
    files: readCount('--files', values.files, 1),
    runs: readCount('--runs', values.runs, 1),
    seconds: readCount('--seconds', values.seconds, 1),
    scenarios: values.scenario,
    strategies: values.strategies,
    jsonFile: values.json ?? null,
    profileFolder: values.profile ?? null,
    programFolder: values.program ?? projectFolder,
  };
}

function readCount(name: string, text: string, least: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= least) return count;
  throw new TypeError(`${name} must be a number of at least ${least}; got ${text}`);
}
