import type { ClaimedLoad, LeaseRef } from './claims.js';
import type { ControlConnection } from './connection.js';
import { IS_HELD } from './held-lease.js';

/** A row of copydock.plans: `plan` is the worker's own document, opaque here. */
export interface PlanRow<P> {
  id: string;
  plan: P;
  stagingBucket: string;
  stagingPrefix: string;
  stagingTable: string;
  /** null until every source object is cut. */
  partCount: number | null;
}

/** A part as it was cut; `etag` is null until its staged object is stored. */
export interface PartRow {
  part: number;
  objectIndex: number;
  startByte: number;
  sizeBytes: number;
  firstLine: number;
  lineCount: number;
  records: number;
  columns: string[];
  endsObject: boolean;
  /** Some of its records hold a quote that is not closed: it is never copied whole (`on_error: skip`). */
  hasOpenQuotes: boolean;
  /** Of its object, CRLF being `lf`; null: an older version cut the part. */
  lineEnd: 'lf' | 'cr' | null;
  etag: string | null;
}

export function sumRecords(parts: readonly PartRow[]): number {
  return parts.reduce((sum, { records }) => sum + records, 0);
}

/** Records the plan and every name that it will use before anything by that name is made. False: the lease is lost. */
export async function savePlan<P>(
  control: ControlConnection,
  load: ClaimedLoad,
  row: PlanRow<P>,
): Promise<boolean> {
  const { rowCount } = await control.query(
    `WITH mine AS (
       UPDATE copydock.loads SET plan_id = $3, staging_prefix = 's3://' || $6 || '/' || $7, takeovers = 0, last_error = NULL
        WHERE id = $1 AND lease_token = $2 AND plan_id IS NULL AND finished_at IS NULL
       RETURNING id)
     INSERT INTO copydock.plans (id, load_id, attempt, plan, staging_bucket, staging_prefix, staging_table)
     SELECT $3, id, $4, $5, $6, $7, $8 FROM mine`,
    [
      load.id,
      load.leaseToken,
      row.id,
      load.attempt,
      JSON.stringify(row.plan),
      row.stagingBucket,
      row.stagingPrefix,
      row.stagingTable,
    ],
  );
  return rowCount === 1;
}

const PLAN_COLUMNS = `id, plan, staging_bucket AS "stagingBucket", staging_prefix AS "stagingPrefix",
  staging_table AS "stagingTable", part_count AS "partCount"`;

export async function readPlan<P>(control: ControlConnection, planId: string): Promise<PlanRow<P>> {
  const { rows } = await control.query<PlanRow<P>>(
    `SELECT ${PLAN_COLUMNS} FROM copydock.plans WHERE id = $1`,
    [planId],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`plan ${planId} is not recorded`);
  return row;
}

/** Of a plan only the way in which its rows are applied ever changes. */
export async function replacePlan<P>(
  control: ControlConnection,
  { id, leaseToken }: LeaseRef,
  planId: string,
  plan: P,
): Promise<void> {
  await control.query(`UPDATE copydock.plans SET plan = $4 WHERE id = $3 AND ${IS_HELD}`, [
    id,
    leaseToken,
    planId,
    JSON.stringify(plan),
  ]);
}

/** All source objects are cut: from now on the set of parts is known. */
export async function completePlan(
  control: ControlConnection,
  { id, leaseToken }: LeaseRef,
  planId: string,
  partCount: number,
): Promise<void> {
  await control.query(`UPDATE copydock.plans SET part_count = $4 WHERE id = $3 AND ${IS_HELD}`, [
    id,
    leaseToken,
    planId,
    partCount,
  ]);
}

/** Records a part as cut. The same part of the same plan is always cut alike, so a second time changes nothing. */
export async function savePart(
  control: ControlConnection,
  { id, leaseToken }: LeaseRef,
  planId: string,
  part: PartRow,
): Promise<void> {
  await control.query(
    `INSERT INTO copydock.parts (plan_id, part, object_index, start_byte, size_bytes, first_line, line_count, records,
                                 columns, ends_object, has_open_quotes, line_end)
     SELECT $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14 WHERE ${IS_HELD}
     ON CONFLICT (plan_id, part) DO NOTHING`,
    [
      id,
      leaseToken,
      planId,
      part.part,
      part.objectIndex,
      part.startByte,
      part.sizeBytes,
      part.firstLine,
      part.lineCount,
      part.records,
      part.columns,
      part.endsObject,
      part.hasOpenQuotes,
      part.lineEnd,
    ],
  );
}

/** Records the ETag of a part's staged object; null: the object is missing or is not what was stored. */
export async function markPartStaged(
  control: ControlConnection,
  { id, leaseToken }: LeaseRef,
  planId: string,
  part: number,
  etag: string | null,
): Promise<void> {
  await control.query(`UPDATE copydock.parts SET etag = $5 WHERE plan_id = $3 AND part = $4 AND ${IS_HELD}`, [
    id,
    leaseToken,
    planId,
    part,
    etag,
  ]);
}

export async function readParts(control: ControlConnection, planId: string): Promise<PartRow[]> {
  const { rows } = await control.query<PartRow>(
    `SELECT part, object_index AS "objectIndex", start_byte::float8 AS "startByte", size_bytes::float8 AS "sizeBytes",
            first_line::float8 AS "firstLine", line_count::float8 AS "lineCount", records::float8 AS records, columns,
            ends_object AS "endsObject", has_open_quotes AS "hasOpenQuotes", line_end AS "lineEnd", etag
       FROM copydock.parts WHERE plan_id = $1 ORDER BY part`,
    [planId],
  );
  return rows;
}
