import type { SeenRequest } from './counting-proxy.js';
import { mostWithinASecond, type Outcome, type Row, sensorRequestsOf, type World } from './scenario.js';
import { findInTaskLog, loadsOf, readRun } from './world.js';

const CAUSE_LIMIT = 140;

/** Looks at what Airflow, Copydock, the proxy and the task log say of a run that has ended. */
export async function measure(world: World, scenario: string, outcome: Outcome): Promise<Row> {
  const { label, run, expected, cause } = outcome;
  const actual = (await readRun(world, run)).state;
  const loads = await loadsOf(world, run);
  const ids = outcome.ids ?? loads.map(({ id }) => id);
  const requests = sensorRequestsOf(world.proxy.seen, ids);
  const mostInASecond = mostWithinASecond(requests.filter(({ status }) => status !== null));
  const statuses = loads.map(({ status }) => status);
  const line = cause ? await findInTaskLog(world, run, cause.task, cause.pattern) : null;

  const faults = [...(outcome.faults ?? [])];
  if (actual !== expected) faults.push(`the run is ${actual}, not ${expected}`);
  if (loads.length !== outcome.loads) faults.push(`${loads.length} loads, not ${outcome.loads}`);
  if (statuses.join() !== outcome.statuses.join())
    faults.push(
      `the loads are ${statuses.join(', ') || 'none'}, not ${outcome.statuses.join(', ') || 'any'}`,
    );
  if (mostInASecond > 1) faults.push(`more than one request a second: ${describeRequests(requests)}`);
  if (cause && line === null) faults.push(`no line of the log of ${cause.task} matches ${cause.pattern}`);
  return {
    scenario: label === '' ? scenario : `${scenario}, ${label}`,
    line: world.airflow.name,
    expected,
    actual,
    loads: loads.length,
    sensorRequests: requests.length,
    mostInASecond,
    cause: line === null ? '' : shorten(line),
    faults,
  };
}

/** Without the fields of a structured log or of an answer that come after the cause. */
function shorten(line: string): string {
  const [cause = ''] = line.split(/","(?:exc_notes|status_url)"/, 1);
  return cause.length <= CAUSE_LIMIT ? cause : `${cause.slice(0, CAUSE_LIMIT)} ...`;
}

/** Seconds since the first one, and the answer. */
function describeRequests(requests: SeenRequest[]): string {
  const first = requests[0]?.at ?? 0;
  return requests.map(({ at, status }) => `${((at - first) / 1_000).toFixed(2)} s ${status}`).join(', ');
}

export function formatTable(rows: Row[]): string {
  const head = [
    'scenario',
    'Airflow',
    'expected',
    'actual',
    'loads',
    'sensor requests',
    'most in a second',
    'task log',
    'holds',
  ];
  const cells = rows.map((row) => [
    row.scenario,
    row.line,
    row.expected,
    row.actual,
    row.loads,
    row.sensorRequests,
    row.mostInASecond,
    row.cause.replaceAll('|', '/'),
    sayHolds(row.faults),
  ]);
  return toMarkdown(head, cells);
}

export function sayHolds(faults: string[]): string {
  return faults.length === 0 ? 'yes' : `NO: ${faults.join('; ')}`;
}

export function toMarkdown(head: string[], rows: (string | number)[][]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
