import type pg from 'pg';
import { inTransaction } from './transaction.js';
import { withControlErrors } from './unavailable.js';

/** The control database as a worker asks it, one statement at a time. Its faults are `unavailable`, never the target's. */
export interface ControlConnection {
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<pg.QueryResult<Row>>;
}

export interface ControlDatabase extends ControlConnection {
  /** Runs `work` in one transaction. */
  inTransaction<T>(work: (control: ControlConnection) => Promise<T>): Promise<T>;
}

export function connectControl(pool: pg.Pool): ControlDatabase {
  return {
    query: (text, values) => withControlErrors(() => pool.query(text, values)),
    inTransaction: (work) => inTransaction(pool, work),
  };
}
