import type pg from 'pg';
import { CopydockError } from '../../loads/errors.js';
import type { Receipt } from '../../loads/load.js';

/** The rows of the target that a load replaces or writes into: `schema.table` and a data set, or `*`. */
export interface Scope {
  table: string;
  key: string;
}

export interface FencedLoad {
  loadId: string;
  loadOrder: number;
  scope: Scope;
  controlId: string;
  /** Plain append may follow a newer load: it takes nothing away. */
  isOrderFree: boolean;
}

function formatScope({ table, key }: Scope): string {
  return `${table}/${key}`;
}

/**
 * Raises the scope's token above every earlier one, in its own short transaction: from now on nobody else can commit
 * with a token that was handed out before. Refuses a target that another control database loads into.
 */
// model: claim_raise
export async function raiseFence(client: pg.ClientBase, load: FencedLoad): Promise<number> {
  for (const scope of scopeRows(load.scope)) {
    await client.query(
      'INSERT INTO copydock.fences (scope, control_id) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [scope, load.controlId],
    );
  }
  await refuseForeignTarget(client, load);
  const { rows } = await client.query<{ token: number }>(
    'UPDATE copydock.fences SET token = token + 1 WHERE scope = $1 RETURNING token::float8 AS token',
    [formatScope(load.scope)],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the fence row is gone');
  return row.token;
}

/**
 * The last look before COMMIT: locks the scope's fence (a scoped load shares the whole table's, a whole-table load
 * excludes every scope), and checks that the token is still this worker's and that no newer load was applied.
 */
// model: lock_fence
export async function lockFence(client: pg.ClientBase, load: FencedLoad, token: number): Promise<void> {
  const whole = formatScope({ ...load.scope, key: '*' });
  const own = formatScope(load.scope);
  if (own !== whole) await client.query('SELECT FROM copydock.fences WHERE scope = $1 FOR SHARE', [whole]);
  const { rows } = await client.query<{ token: number }>(
    'SELECT token::float8 AS token FROM copydock.fences WHERE scope = $1 FOR UPDATE',
    [own],
  );
  if (rows[0]?.token !== token) {
    throw new CopydockError('target_busy', 'Another worker has claimed the scope of this load.');
  }
  await checkOrder(client, load);
}

/** Writes the row that means applied, with the rows themselves; moves the fence's order on. */
// model: server_commits
export async function recordCommitted(
  client: pg.ClientBase,
  load: FencedLoad & { loadType: string; dataSet: string; attempt: number; targetTable: string },
  token: number,
  receipt: Receipt,
): Promise<void> {
  await client.query(
    `INSERT INTO copydock.committed_loads (load_id, load_order, load_type, data_set, target_table, scope, attempt, token, receipt)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      load.loadId,
      load.loadOrder,
      load.loadType,
      load.dataSet,
      load.targetTable,
      formatScope(load.scope),
      load.attempt,
      token,
      receipt,
    ],
  );
  await client.query(
    `UPDATE copydock.fences SET last_order = greatest(last_order, $2),
            last_load = CASE WHEN last_order < $2 THEN $3 ELSE last_load END WHERE scope = $1`,
    [formatScope(load.scope), load.loadOrder, load.loadId],
  );
}

/** The receipt of a load that was applied, or null: not applied, and after raiseFence never to be by an older token. */
// model: claim_read
export async function readCommitted(client: pg.ClientBase, loadId: string): Promise<Receipt | null> {
  const { rows } = await client.query<{ receipt: Receipt }>(
    'SELECT receipt FROM copydock.committed_loads WHERE load_id = $1',
    [loadId],
  );
  return rows[0]?.receipt ?? null;
}

/** Another data set that has loaded into the table, or null. Sample tables do not count: they are nobody's data. */
export async function findOtherDataSet(
  client: pg.ClientBase,
  table: string,
  dataSet: string,
): Promise<string | null> {
  const { rows } = await client.query<{ data_set: string }>(
    `(SELECT data_set FROM copydock.committed_loads
       WHERE target_table = $1 AND load_type IN ('full', 'delta') AND data_set < $2 LIMIT 1)
     UNION ALL
     (SELECT data_set FROM copydock.committed_loads
       WHERE target_table = $1 AND load_type IN ('full', 'delta') AND data_set > $2 LIMIT 1)
     LIMIT 1`,
    [table, dataSet],
  );
  return rows[0]?.data_set ?? null;
}

/** Refuses a load that a newer one of an overlapping scope has overtaken. */
export async function checkOrder(client: pg.ClientBase, load: FencedLoad): Promise<void> {
  if (load.isOrderFree) return;
  const { rows } = await client.query<{ last_load: string }>(
    `SELECT last_load FROM copydock.fences
      WHERE last_order > $3 AND (scope = ANY($1) OR ($2 AND starts_with(scope, $4)))
      ORDER BY last_order DESC LIMIT 1`,
    [scopeRows(load.scope), load.scope.key === '*', load.loadOrder, `${load.scope.table}/`],
  );
  const newer = rows[0]?.last_load;
  if (newer !== undefined) {
    throw new CopydockError(
      'superseded',
      `The newer load ${newer} of ${formatScope(load.scope)} was committed first.`,
    );
  }
}

function scopeRows(scope: Scope): string[] {
  return [...new Set([formatScope({ ...scope, key: '*' }), formatScope(scope)])];
}

async function refuseForeignTarget(client: pg.ClientBase, load: FencedLoad): Promise<void> {
  const { rows } = await client.query<{ scope: string }>(
    'SELECT scope FROM copydock.fences WHERE scope = ANY($1) AND control_id <> $2 LIMIT 1',
    [scopeRows(load.scope), load.controlId],
  );
  const [foreign] = rows;
  if (foreign === undefined) return;
  throw new CopydockError('target_foreign', `Another control database has loaded ${foreign.scope}.`, {
    hint: 'If this control database replaces that one, run: copydock reconcile --adopt',
  });
}
