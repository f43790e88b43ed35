import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { waitUntil } from '../services/processes.js';
import { putTestObject, testS3Client } from '../services/s3.js';
import { type LoadRow, type Run, type RunState, sensorRequestsOf, type World } from './scenario.js';

export const DATA_BUCKET = 'development-collection-data';
export const DEFAULT_STAGING_BUCKET = 'development-pyspark-jobs-codepackage';
export const STAGING_BUCKET = 'development-airflow-staging';
const RUN_TIMEOUT_MS = 240_000;

export async function makeBuckets(): Promise<void> {
  for (const Bucket of [DATA_BUCKET, DEFAULT_STAGING_BUCKET, STAGING_BUCKET]) {
    await testS3Client().send(new CreateBucketCommand({ Bucket }));
  }
}

export interface DataSet {
  name: string;
  table: string;
  path: string;
  key: string;
}

/** A table and a file that fits it. */
export async function makeDataSet(world: World, name: string, key = `${name}.csv`): Promise<DataSet> {
  const table = name.replaceAll('-', '_');
  await world.copydock.sql(
    `CREATE TABLE IF NOT EXISTS ${table} (reference text PRIMARY KEY, name text, amount integer)`,
  );
  const dataSet = { name, table, key, path: `s3://${DATA_BUCKET}/${key}` };
  await putRows(dataSet, '7');
  return dataSet;
}

/** Three rows; the last one's amount is as given. */
export async function putRows({ key }: DataSet, lastAmount: string): Promise<void> {
  await putTestObject(
    DATA_BUCKET,
    key,
    `reference,name,amount\na,first,1\nb,second,2\nc,third,${lastAmount}\n`,
  );
}

let runs = 0;

export async function trigger(world: World, dagId: string, conf: Record<string, string> = {}): Promise<Run> {
  runs += 1;
  const run = { dagId, runId: `run-${world.airflow.name}-${runs}`, startedAt: Date.now() };
  await world.airflow.ask({ do: 'trigger', dag_id: dagId, run_id: run.runId, conf });
  return run;
}

export function triggerFor(world: World, dagId: string, { name, path }: DataSet): Promise<Run> {
  return trigger(world, dagId, { data_set: name, path });
}

export function readRun({ airflow }: World, { dagId, runId }: Run): Promise<RunState> {
  return airflow.ask<RunState>({ do: 'read_run', dag_id: dagId, run_id: runId });
}

/** The final state of the run, once it and all of its tasks have ended. */
export async function waitForEnd(world: World, run: Run): Promise<string> {
  let state: RunState | undefined;
  try {
    await poll(`The end of ${run.dagId}`, async () => {
      state = await readRun(world, run);
      return ['success', 'failed'].includes(state.state);
    });
  } catch (error) {
    throw new Error(`${(error as Error).message}: ${JSON.stringify(state)}`);
  }
  return state?.state ?? 'unknown';
}

/** Clears as Airflow's pages do, and waits for the end again. */
export async function clear(world: World, run: Run, taskId: string, downstream: boolean): Promise<string> {
  const { dagId, runId } = run;
  await world.airflow.ask({ do: 'clear', dag_id: dagId, run_id: runId, task_id: taskId, downstream });
  return waitForEnd(world, run);
}

export async function loadsOf({ copydock }: World, run: Run): Promise<LoadRow[]> {
  const rows = await copydock.sql(
    `SELECT id, status, attempt, finished_at, s3_bucket FROM copydock.loads
     WHERE request->'labels'->>'run_id' = $1 ORDER BY load_order`,
    [run.runId],
  );
  return rows as unknown as LoadRow[];
}

export async function waitForLoad(world: World, run: Run): Promise<LoadRow> {
  let load: LoadRow | undefined;
  await poll(`A load of ${run.dagId}`, async () => {
    load = (await loadsOf(world, run))[0];
    return load !== undefined;
  });
  if (load === undefined) throw new Error('no load');
  return load;
}

/** Until the sensor of the load was answered so many times. */
export async function waitForLooks(
  world: World,
  { id }: LoadRow,
  looks: number,
  status: number | null = 404,
): Promise<void> {
  await poll(`${looks} answers ${status} to the sensor of ${id}`, async () => {
    const answers = sensorRequestsOf(world.proxy.seen, [id]).filter((request) => request.status === status);
    return answers.length >= looks;
  });
}

export function poll(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  return waitUntil(what, RUN_TIMEOUT_MS, async () => {
    const done = await isTrue();
    if (!done) await new Promise((resolve) => setTimeout(resolve, 400));
    return done;
  });
}

export async function setVariables(world: World, variables: Record<string, string | null>): Promise<void> {
  for (const [key, value] of Object.entries(variables)) {
    await world.airflow.ask({ do: 'set_variable', key, value });
  }
}

/** The last line of the task's logs, of all its tries, that matches, from the match on. */
export async function findInTaskLog(
  { airflow }: World,
  { dagId, runId }: Run,
  task: string,
  pattern: RegExp,
): Promise<string | null> {
  const folder = join(airflow.home, 'logs', `dag_id=${dagId}`, `run_id=${runId}`, `task_id=${task}`);
  const files = (await readdir(folder, { recursive: true }).catch(() => [])).filter((file) =>
    file.endsWith('.log'),
  );
  let found: string | null = null;
  for (const file of files.sort()) {
    for (const line of (await readFile(join(folder, file), 'utf8')).split('\n')) {
      const text = line.replaceAll('\\"', '"');
      const start = text.search(pattern);
      if (start >= 0) found = text.slice(start);
    }
  }
  return found;
}
