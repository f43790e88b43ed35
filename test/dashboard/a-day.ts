import type { Test } from 'tap';
import { failedWith, type Served, serve } from '../http/serve.js';

const HOUR_MS = 3_600_000;

interface Ended {
  id: string;
  env: string;
  dataSet: string;
  hoursAgo: number;
  seconds: number;
  rows: number;
  status?: 'succeeded' | 'failed' | 'cancelled';
  detail?: string;
}

/** Stores a load that has ended, as if it had run some hours ago. */
export async function addEnded({ put, pool }: Pick<Served, 'put' | 'pool'>, load: Ended): Promise<void> {
  const { id, env, dataSet, hoursAgo, seconds, rows, status = 'succeeded', detail = 'It failed.' } = load;
  const { status: answer } = await put(id, { data_set: dataSet, env, path: `s3://source/${dataSet}/` });
  if (answer !== 202) throw new Error(`load ${id} was answered ${answer}`);
  const beganAt = new Date(Date.now() - hoursAgo * HOUR_MS);
  const endedAt = new Date(beganAt.getTime() + seconds * 1000);
  await pool.query(
    `UPDATE copydock.loads SET status = $2, accepted_at = $3, attempt_at = $3, started_at = $3, finished_at = $4,
       receipt = $5, error = $6 WHERE id = $1`,
    [
      id,
      status,
      beganAt,
      endedAt,
      status === 'succeeded' ? receiptOf(rows, seconds) : null,
      status === 'failed' ? errorOf(detail) : null,
    ],
  );
}

export function receiptOf(rows: number, seconds: number) {
  return {
    target: 'public.entity',
    read: rows + 4,
    loaded: rows,
    rejected: 0,
    deduplicated: 0,
    filtered: 4,
    inserted: Math.round(rows * 0.02),
    updated: Math.round(rows * 0.05),
    unchanged: rows - Math.round(rows * 0.02) - Math.round(rows * 0.05),
    deleted: 12,
    source_objects: 3,
    source_bytes: rows * 290,
    parts: Math.ceil((rows * 290) / 8_388_608),
    seconds: {
      queued: 0.2,
      staging: seconds * 0.25,
      copying: seconds * 0.5,
      committing: seconds * 0.25 - 0.2,
      total: seconds,
    },
  };
}

export function errorOf(detail: string) {
  return {
    code: 'bad_value',
    detail,
    hint: 'Correct the value in the source.',
    retryable: false,
    object: 's3://source/typology/part-7.csv',
    line: 48_213,
    column: 'entry_date',
    value: 'not known',
    sqlstate: '22007',
  };
}

/** SQL of the columns of a load that is being copied. `share` of the source is read. */
export function copying(share: number, rows = 1_000_000): string {
  const bytes = Math.round(rows * 290 * share);
  const progress = {
    source_objects: 3,
    source_bytes: rows * 290,
    bytes_read: bytes,
    rows_read: Math.round(rows * share),
    parts_cut: Math.ceil(share * 40),
    parts_staged: Math.floor(share * 38),
    parts_copied: Math.floor(share * 36),
  };
  return `status = 'copying', started_at = coalesce(started_at, now() - interval '20 s'), waiting_for = NULL,
    commit_plan = '{"strategy": "delete_insert", "reason": "most rows change", "not_allowed": []}',
    staging_prefix = 's3://development-pyspark-jobs-codepackage/tmp/postgres-copy/entity-1795419557-92f8bfaf/',
    progress = '${JSON.stringify(progress)}'`;
}

/** As if a worker lived, so that no load waits for one. */
export async function addWorker({ pool }: Pick<Served, 'pool'>): Promise<void> {
  await pool.query(
    `INSERT INTO copydock.workers (id, environments, last_seen_at)
     VALUES ('test', '{development,staging,production,local}', now() + interval '1 hour')`,
  );
}

/** A service with a load of every kind, and names that are long. */
export async function serveADay(t: Test): Promise<Served> {
  const served = await serve(t);
  await addWorker(served);
  const production = { env: 'production', dataSet: 'transport-access-node', seconds: 90, rows: 435_112 };
  await addEnded(served, { ...production, id: 'p1', hoursAgo: 20 });
  await addEnded(served, { ...production, id: 'p2', hoursAgo: 12, status: 'failed' });
  await addEnded(served, { ...production, id: 'p3', hoursAgo: 6, status: 'cancelled' });
  await addEnded(served, { ...production, id: 'p4', hoursAgo: 1 });
  await served.put('running', { data_set: 'title-boundary-with-a-name-that-is-rather-long-for-a-phone' });
  await served.setLoad('running', copying(0.42));
  await served.put('failed', { data_set: 'typology' });
  await served.setLoad('failed', failedWith(errorOf(`${'x'.repeat(90)} is not a date`)));
  await served.put('queued', { data_set: 'typology' });
  return served;
}
