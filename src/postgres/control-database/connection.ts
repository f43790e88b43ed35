import type pg from 'pg';
import { withControlErrors } from './unavailable.js';

/** The control database as a worker asks it, one statement at a time. Its faults are `unavailable`, never the target's. */
export interface ControlConnection {
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<pg.QueryResult<Row>>;
}

export function connectControl(pool: pg.Pool): ControlConnection {
  return { query: (text, values) => withControlErrors(() => pool.query(text, values)) };
}
