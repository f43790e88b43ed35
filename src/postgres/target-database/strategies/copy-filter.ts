import type pg from 'pg';
import { type ScopeFilter, scopeCondition } from '../scope-filter.js';

/** Counts the records that COPY leaves out, as long as its transaction needs it; `copydock.count_excluded()` knows it by name. */
const EXCLUDED = 'pg_temp.copydock_excluded';

/**
 * COPY ... WHERE for the rows in scope. COPY says how many rows it took, not how many it left out: a counter is asked of
 * rows out of scope only, NULL included, and is never true, so that every record of the file is accounted for.
 */
export class CopyFilter {
  readonly condition: string | null;
  readonly #client: pg.ClientBase;

  constructor(client: pg.ClientBase, scope: ScopeFilter | null) {
    this.#client = client;
    this.condition = scope === null ? null : `${scopeCondition(scope)} OR copydock.count_excluded()`;
  }

  async begin(): Promise<void> {
    if (this.condition !== null) await this.#client.query(`CREATE TEMPORARY SEQUENCE ${EXCLUDED}`);
  }

  /** Records left out since `begin`. */
  async countExcluded(): Promise<number> {
    if (this.condition === null) return 0;
    const { rows } = await this.#client.query<{ count: number }>(
      `SELECT CASE WHEN is_called THEN last_value ELSE 0 END::float8 AS count FROM ${EXCLUDED}`,
    );
    return rows[0]?.count ?? 0;
  }

  async end(): Promise<void> {
    if (this.condition !== null) await this.#client.query(`DROP SEQUENCE ${EXCLUDED}`);
  }
}
