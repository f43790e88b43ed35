import type { SchemaDrift } from '../../loads/schema-drift.js';
import type { ClaimedLoad, LeaseRef } from './claims.js';
import type { ControlConnection } from './connection.js';

/** The columns of a load's source, and the types that they were staged as. */
export interface LoadedColumns {
  loadId: string;
  columns: readonly { name: string; type: string }[];
}

/** Those of the last load of this environment, type, data set and table that has succeeded, dry runs apart; null: none has. */
export async function readLastColumns(
  control: ControlConnection,
  load: ClaimedLoad,
): Promise<LoadedColumns | null> {
  const { rows } = await control.query<LoadedColumns>(
    `SELECT l.id AS "loadId", p.plan #> '{staging,columns}' AS columns
       FROM copydock.loads l JOIN copydock.plans p ON p.id = l.plan_id
      WHERE l.data_set = $1 AND l.env = $2 AND l.load_type = $3 AND l.target_table = $4 AND l.status = 'succeeded'
        AND l.id <> $5 AND (l.request ->> 'validate_only') IS DISTINCT FROM 'true'
        AND jsonb_array_length(p.plan #> '{staging,columns}') > 0
      ORDER BY l.load_order DESC LIMIT 1`,
    [load.dataSet, load.env, load.request.load_type, load.targetTable, load.id],
  );
  return rows[0] ?? null;
}

export async function reportSchemaDrift(
  control: ControlConnection,
  { id, leaseToken }: LeaseRef,
  drift: SchemaDrift,
): Promise<void> {
  await control.query('UPDATE copydock.loads SET schema_drift = $3 WHERE id = $1 AND lease_token = $2', [
    id,
    leaseToken,
    drift,
  ]);
}
