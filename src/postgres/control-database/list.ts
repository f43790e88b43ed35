import type pg from 'pg';
import type { Load } from '../../loads/load.js';
import type { LoadFilter } from '../../loads/store.js';
import { LOAD_COLUMNS, type LoadRow, readLoad } from './row.js';

/**
 * Loads are numbered nearly in the order of their time, so that the list need not be read from its newest load on until a
 * time long ago, nor on through all of its past: a number is drawn later than the time, but never thousands of loads later.
 */
const BEFORE_TIME = `load_order <= 10000 +
  (SELECT load_order FROM copydock.loads WHERE accepted_at <= ? ORDER BY accepted_at DESC LIMIT 1)`;
const AFTER_TIME = `load_order >= -10000 +
  (SELECT load_order FROM copydock.loads WHERE accepted_at >= ? ORDER BY accepted_at LIMIT 1)`;

/** Loads that match every given filter, newest first. */
export async function listLoads(pool: pg.Pool, filter: LoadFilter): Promise<Load[]> {
  const values: unknown[] = [];
  const conditions = conditionsOf(filter).map(([sql, value]) =>
    sql.replaceAll('?', `$${values.push(value)}`),
  );
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const limit = `$${values.push(filter.limit)}`;
  const { rows } = await pool.query<LoadRow>(
    `SELECT ${LOAD_COLUMNS} FROM copydock.loads ${where} ORDER BY load_order DESC LIMIT ${limit}`,
    values,
  );
  return rows.map(readLoad);
}

function conditionsOf(filter: LoadFilter): [sql: string, value: unknown][] {
  const conditions: [string, unknown][] = [
    ['id = ANY (?)', filter.ids],
    ['env = ?', filter.env],
    ['env = ANY (?)', filter.envs],
    ['data_set = ?', filter.data_set],
    ['status = ?', filter.status],
    ['(finished_at IS NOT NULL) = ?', filter.done],
    [tableCondition(filter.table), filter.table],
    [`accepted_at >= ? AND ${AFTER_TIME}`, filter.from],
    [`accepted_at <= ? AND ${BEFORE_TIME}`, filter.to],
    ['load_order < ?', filter.before],
  ];
  return conditions.filter(([, value]) => value !== undefined);
}

/** A table named without a schema is looked for in every schema. */
function tableCondition(table: string | undefined): string {
  return table?.includes('.') ? 'target_table = ?' : "split_part(target_table, '.', 2) = ?";
}
