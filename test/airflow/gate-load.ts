import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { putTestObject } from '../services/s3.js';
import type { Copydock } from './copydock.js';
import { sayHolds, toMarkdown } from './measure.js';
import { DATA_BUCKET } from './world.js';

const SENSORS = 500;
const INTERVAL_MS = 5_000;
const DURATION_MS = 30_000;
const TABLES = 5;
const ROWS = 20_000;
const P99_LIMIT_MS = 500;

export interface GateLoad {
  requests: number;
  /** How many got 404, 200 and so on. */
  statuses: Record<string, number>;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  loadsFinished: number;
  faults: string[];
}

/** As many sensors in poke mode, each on a load of its own, while the worker is busy with those loads. */
export async function loadGates(copydock: Copydock): Promise<GateLoad> {
  const ids = await submitLoads(copydock);
  const latencies: number[] = [];
  const statuses: Record<string, number> = {};
  const endAt = performance.now() + DURATION_MS;
  const sensor = async (id: string, index: number) => {
    await delay((index / SENSORS) * INTERVAL_MS);
    while (performance.now() < endAt) {
      const startedAt = performance.now();
      const status = await askGate(copydock.url, id);
      latencies.push(performance.now() - startedAt);
      statuses[status] = (statuses[status] ?? 0) + 1;
      await delay(INTERVAL_MS);
    }
  };
  await Promise.all(ids.map(sensor));
  const [counted] = await copydock.sql(
    `SELECT count(*)::int AS finished FROM copydock.loads WHERE id = ANY($1) AND status = 'succeeded'`,
    [ids],
  );
  for (const id of ids) {
    await fetch(new URL(`/v1/loads/${id}/cancel`, copydock.url), { method: 'POST' });
  }
  return judge(latencies, statuses, Number(counted?.finished ?? 0));
}

function judge(latencies: number[], statuses: Record<string, number>, loadsFinished: number): GateLoad {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN);
  const figures = {
    requests: sorted.length,
    statuses,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
    loadsFinished,
  };
  const faults = Object.keys(statuses)
    .filter((status) => status !== '404' && status !== '200')
    .map((status) => `${statuses[status]} answers ${status}`);
  if (!(figures.p99Ms <= P99_LIMIT_MS)) faults.push(`p99 is ${figures.p99Ms} ms, above ${P99_LIMIT_MS} ms`);
  if (!(sorted.length >= SENSORS * (DURATION_MS / INTERVAL_MS - 1)))
    faults.push(`only ${sorted.length} requests`);
  if (loadsFinished === 0 || loadsFinished === SENSORS)
    faults.push(`${loadsFinished} loads were finished: no load in progress`);
  return { ...figures, faults };
}

async function submitLoads({ url, sql }: Copydock): Promise<string[]> {
  const lines = Array.from({ length: ROWS }, (_, row) => `r${row},name of row ${row},${row}`);
  await putTestObject(DATA_BUCKET, 'gates.csv', `reference,name,amount\n${lines.join('\n')}\n`);
  const ids: string[] = [];
  for (let table = 0; table < TABLES; table += 1) {
    await sql(`CREATE TABLE gates_${table} (reference text PRIMARY KEY, name text, amount integer)`);
  }
  for (let sensor = 0; sensor < SENSORS; sensor += 1) {
    const body = {
      load_type: 'full',
      data_set: `gates-${sensor % TABLES}`,
      path: `s3://${DATA_BUCKET}/gates.csv`,
      env: 'development',
    };
    const answer = await fetch(new URL('/v1/loads', url), { method: 'POST', body: JSON.stringify(body) });
    ids.push(((await answer.json()) as { id: string }).id);
  }
  return ids;
}

/** On a connection of its own, as Airflow's hook does. */
function askGate({ hostname, port }: URL, id: string): Promise<string> {
  return new Promise((resolve) => {
    const call = request({ hostname, port, path: `/v1/loads/${id}/gate`, agent: false }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(String(answer.statusCode)));
    });
    call.once('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? error.message));
    call.end();
  });
}

export function formatGateLoad(load: GateLoad): string {
  const head = ['sensors', 'interval', 'requests', 'answers', 'p50', 'p99', 'max', 'loads finished', 'holds'];
  const answers = Object.entries(load.statuses).map(([status, count]) => `${count} x ${status}`);
  return toMarkdown(head, [
    [
      SENSORS,
      `${INTERVAL_MS / 1_000} s`,
      load.requests,
      answers.join(', '),
      `${load.p50Ms} ms`,
      `${load.p99Ms} ms`,
      `${load.maxMs} ms`,
      load.loadsFinished,
      sayHolds(load.faults),
    ],
  ]);
}
