/** Answers what was found, by id. */
export type ReadMany<T> = (ids: readonly string[]) => Promise<ReadonlyMap<string, T>>;

interface Batch<T> {
  ids: Set<string>;
  found: Promise<ReadonlyMap<string, T>>;
}

/** Queries under way at once. While that many are, who asks joins the one that goes next. */
const QUERIES_AT_ONCE = 2;

/**
 * Reads by id, many in one query: pollers come in crowds, and a query costs more than the rows it brings. Nobody gets
 * an answer older than the question, since a query takes those only who asked before it was sent.
 */
export class JoinedReader<T> {
  readonly #read: ReadMany<T>;
  #underWay: Promise<unknown>[] = [];
  #next: Batch<T> | null = null;

  constructor(read: ReadMany<T>) {
    this.#read = read;
  }

  async get(id: string): Promise<T | null> {
    this.#next ??= this.#open();
    const { ids, found } = this.#next;
    ids.add(id);
    return (await found).get(id) ?? null;
  }

  #open(): Batch<T> {
    const ids = new Set<string>();
    const found = this.#waitForTurn().then(() => {
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
    return { ids, found };
  }

  /** At least to the end of this turn of the event loop, whose requests are then all there. */
  async #waitForTurn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#underWay.length >= QUERIES_AT_ONCE) await Promise.race(this.#underWay);
  }
}
