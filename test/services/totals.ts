/** What tap counted over all files of a run. */
export interface Totals {
  total: number;
  pass: number;
  fail: number;
  skip: number;
  todo: number;
}

/** Reads the closing comment of tap's raw output, such as `# { total: 5, pass: 3, fail: 1, skip: 1 }`. */
export function readTotals(tapOutput: string): Totals | null {
  const closing = [...tapOutput.matchAll(/^# \{ (total: .*) \}$/gm)].at(-1)?.[1];
  if (closing === undefined) return null;
  const totals: Totals = { total: 0, pass: 0, fail: 0, skip: 0, todo: 0 };
  for (const [, name, count] of closing.matchAll(/(\w+): (\d+)/g)) {
    if (name !== undefined && name in totals) totals[name as keyof Totals] = Number(count);
  }
  return totals;
}

const FAILED = /^ *not ok /;
const END_OF_DETAILS = /^ *\.\.\.$/;
const LINES_OF_A_FAILURE = 40;

/** What failed, with tap's own details, so that a run whose reporter was not seen can be understood from its log. */
export function findFailures(tapOutput: string): string {
  const lines = tapOutput.split('\n');
  const blocks = lines.flatMap((line, index) => {
    if (!FAILED.test(line)) return [];
    const details = lines.slice(index, index + LINES_OF_A_FAILURE);
    const end = details.findIndex((detail) => END_OF_DETAILS.test(detail));
    return [details.slice(0, end < 0 ? LINES_OF_A_FAILURE : end + 1).join('\n')];
  });
  return [...new Set(blocks)].join('\n');
}

const FILE_LINE = /^(?:not )?ok \d+ - (\S+) # time=([\d.]+)ms$/gm;

/** The files that took longest, the slowest first, such as `12.3 s test/queue/queue.test.ts`. */
export function findSlowest(tapOutput: string, count: number): string[] {
  const files = [...tapOutput.matchAll(FILE_LINE)].map(([, name, ms]) => ({ name, ms: Number(ms) }));
  const slowest = files.sort((one, other) => other.ms - one.ms).slice(0, count);
  return slowest.map(({ name, ms }) => `${(ms / 1000).toFixed(1)} s ${name}`);
}

/** Why a run with these totals is not a good one, or null. A skipped test proves nothing, so none is allowed. */
export function findFault(totals: Totals | null, exitCode: number): string | null {
  if (totals === null) return 'tap did not close its output: the run broke off';
  if (totals.skip + totals.todo > 0)
    return `${totals.skip} skipped and ${totals.todo} todo tests: none are allowed`;
  if (totals.total === 0) return 'no test ran';
  if (totals.fail > 0) return `${totals.fail} failed`;
  return exitCode === 0 ? null : `tap ended with exit code ${exitCode}`;
}

/** The last line of a run. A fault that tap did not count is one failure. */
export function closingLine(totals: Totals | null, fault: string | null): string {
  const failed = fault === null ? 0 : Math.max(totals?.fail ?? 0, 1);
  return `${totals?.pass ?? 0} passed, ${failed} failed`;
}
