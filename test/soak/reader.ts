import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { SAMPLE_SCOPE } from './planned-load.js';

const POLL_MS = 15;
const RECONNECT_MS = 100;
const UNDEFINED_TABLE = '42P01';

/** What the target's tables hold, in one statement each: by scope, how many rows of which loads and the sum of their lines. */
const SCOPED = `SELECT 'entity/' || dataset AS scope, string_agg(load || ':' || n || ':' || lines, ' ' ORDER BY load) AS digest
  FROM (SELECT dataset, load, count(*) AS n, sum(line) AS lines FROM entity GROUP BY 1, 2) of_load GROUP BY dataset`;
const WHOLE = (
  table: string,
) => `SELECT '${table}/*' AS scope, string_agg(load || ':' || n || ':' || lines, ' ' ORDER BY load) AS digest
  FROM (SELECT load, count(*) AS n, sum(line) AS lines FROM ${table} GROUP BY 1) of_load`;

/** By scope, the states that were seen one after another. */
export type Sightings = Map<string, string[]>;

/** A reader of the target that polls all the while, past the proxies, each time with one statement under READ COMMITTED. */
export class Reader {
  readonly sightings: Sightings = new Map();
  polls = 0;
  readonly #url: string;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(url: string) {
    this.#url = url;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const client = new pg.Client({ connectionString: this.#url, application_name: 'reader' });
      client.on('error', () => {});
      try {
        await client.connect();
        await this.#poll(client);
      } catch {
        await sleep(RECONNECT_MS);
      }
      await client.end().catch(() => {});
    }
  }

  async #poll(client: pg.Client): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#look(client, SCOPED, ['entity/alpha', 'entity/beta', 'entity/gamma']);
      await this.#look(client, WHOLE('whole'), ['whole/*']);
      await this.#look(client, WHOLE('journal'), ['journal/*']);
      await this.#look(client, WHOLE('whole_sample'), [SAMPLE_SCOPE]).catch(ignoreMissing);
      this.polls += 1;
      await sleep(POLL_MS);
    }
  }

  /** A scope that the answer does not name is empty. */
  async #look(client: pg.Client, sql: string, scopes: string[]): Promise<void> {
    const { rows } = await client.query<{ scope: string; digest: string | null }>(sql);
    const seen = new Map(rows.map(({ scope, digest }) => [scope, digest ?? '']));
    for (const scope of new Set([...scopes, ...seen.keys()])) this.#note(scope, seen.get(scope) ?? '');
  }

  #note(scope: string, digest: string): void {
    const states = this.sightings.get(scope);
    if (states === undefined) this.sightings.set(scope, [digest]);
    else if (states.at(-1) !== digest) states.push(digest);
  }
}

/** Before the first sample there is no such table; while it is exchanged it may vanish under a waiting statement. */
function ignoreMissing(error: { code?: string; message: string }): void {
  if (error.code !== UNDEFINED_TABLE && !/could not open relation with OID/.test(error.message)) throw error;
}
