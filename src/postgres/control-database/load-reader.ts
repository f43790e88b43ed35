import type pg from 'pg';
import type { Load } from '../../loads/load.js';
import { LOAD_COLUMNS, type LoadRow, readLoad } from './row.js';

interface Batch {
  ids: Set<string>;
  loads: Promise<Map<string, Load>>;
}

/** Queries under way at once. While that many are, who asks joins the one that goes next. */
const QUERIES_AT_ONCE = 2;

/**
 * Reads loads by id, many in one query: pollers come in crowds, and a query costs more than the rows it brings. Nobody gets
 * an answer older than the question, since a query takes those only who asked before it was sent.
 */
export class LoadReader {
  readonly #pool: pg.Pool;
  #underWay: Promise<unknown>[] = [];
  #next: Batch | null = null;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  async get(id: string): Promise<Load | null> {
    this.#next ??= this.#open();
    const { ids, loads } = this.#next;
    ids.add(id);
    return (await loads).get(id) ?? null;
  }

  #open(): Batch {
    const ids = new Set<string>();
    const loads = this.#waitForTurn().then(() => {
      this.#next = null;
      const query = this.#read([...ids]);
      const ended = query
        .catch(() => {})
        .then(() => {
          this.#underWay = this.#underWay.filter((one) => one !== ended);
        });
      this.#underWay.push(ended);
      return query;
    });
    return { ids, loads };
  }

  /** At least to the end of this turn of the event loop, whose requests are then all there. */
  async #waitForTurn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#underWay.length >= QUERIES_AT_ONCE) await Promise.race(this.#underWay);
  }

  async #read(ids: string[]): Promise<Map<string, Load>> {
    const { rows } = await this.#pool.query<LoadRow>({
      name: 'copydock-read-loads',
      text: `SELECT ${LOAD_COLUMNS} FROM copydock.loads WHERE id = ANY($1)`,
      values: [ids],
    });
    return new Map(rows.map((row) => [row.id, readLoad(row)]));
  }
}
