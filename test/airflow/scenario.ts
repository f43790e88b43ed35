import type pg from 'pg';
import type { AirflowLine } from './airflow-line.js';
import type { Copydock } from './copydock.js';
import type { CountingProxy, SeenRequest } from './counting-proxy.js';

/** What one scenario has to say about one Airflow line; every field but `expected` is measured. */
export interface Row {
  scenario: string;
  line: string;
  expected: string;
  actual: string;
  loads: number;
  sensorRequests: number;
  /** The most that Copydock answered within any one second. While it is down there is nobody to ask. */
  mostInASecond: number;
  cause: string;
  /** What did not hold; empty if all is well. */
  faults: string[];
}

export interface RunState {
  state: string;
  tasks: {
    task_id: string;
    map_index: number;
    state: string | null;
    try_number: number;
    max_tries: number;
  }[];
}

/** Everything that a scenario may use. */
export interface World {
  copydock: Copydock;
  airflow: AirflowLine;
  proxy: CountingProxy;
}

export type Mode = 'poke' | 'reschedule' | 'deferrable';
export const POKE_INTERVAL_S = 5;

export interface Outcome {
  /** The mode or the DAG, beside the scenario's name. */
  label: string;
  run: Run;
  /** The final state of the DAG run. */
  expected: string;
  /** How many loads the run may have made, and what became of them. */
  loads: number;
  statuses: string[];
  /** Of loads whose record is gone. */
  ids?: string[];
  /** Where the task log must name the cause. */
  cause?: { task: string; pattern: RegExp };
  faults?: string[];
}

export interface Scenario {
  name: string;
  play(world: World): Promise<Outcome[]>;
}

export interface Run {
  dagId: string;
  runId: string;
  /** Unix milliseconds. */
  startedAt: number;
}

export interface LoadRow {
  id: string;
  status: string;
  attempt: number;
  finished_at: Date | null;
  s3_bucket: string;
}

/** Requests of sensors: at a gate or at `settled`. */
export function sensorRequestsOf(seen: SeenRequest[], loadIds: string[]): SeenRequest[] {
  const paths = new Set(loadIds.flatMap((id) => [`/v1/loads/${id}/gate`, `/v1/loads/${id}/settled`]));
  return seen.filter(({ method, path }) => method === 'GET' && paths.has(path));
}

export function mostWithinASecond(requests: SeenRequest[]): number {
  const counts = requests.map(
    (first) =>
      requests.filter(({ at, path }) => path === first.path && at >= first.at && at < first.at + 1_000)
        .length,
  );
  return Math.max(0, ...counts);
}

/** Holds everybody else off the table until it is released. */
export async function lockTable(copydock: Copydock, table: string): Promise<() => Promise<void>> {
  const client: pg.Client = await copydock.connect();
  await client.query('BEGIN');
  await client.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  return async () => {
    await client.query('ROLLBACK');
    await client.end();
  };
}
