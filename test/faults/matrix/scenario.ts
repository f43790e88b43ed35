import type { World } from '../harness/world.js';
import { type Cell, type Strategy, strategyOf } from './cell.js';

/** Sizes such that each object makes five parts. */
export const PART_SIZE = '8KiB';
const OBJECTS = 3;
const ROWS_PER_OBJECT = 200;
const PAYLOAD = 'x'.repeat(150);
const OLD_ROWS = 300;
const NEIGHBOUR_ROWS = 50;
/** Rows of the file that belong to another data set. */
const FOREIGN_ROWS = 20;

/** How the target may look to a reader: `mix` is never right. */
export type Look = 'old' | 'new' | 'mix';

/** The data of one cell: a table that is filled already, with a neighbour's rows in it, and objects that replace or extend it. */
export class Scenario {
  readonly table: string;
  readonly dataSet: string;
  /** The load's id. */
  readonly id: string;
  readonly #world: World;
  readonly #strategy: Strategy;
  readonly #isAppend: boolean;

  constructor(world: World, cell: Cell, number: number) {
    this.#world = world;
    this.table = tableName(number);
    this.dataSet = this.table.replaceAll('_', '-');
    this.id = this.dataSet;
    this.#strategy = strategyOf(cell);
    this.#isAppend = this.#strategy === 'append';
  }

  /** A key would hide that rows were appended twice. */
  async prepare(): Promise<void> {
    const key = this.#isAppend ? '' : ' PRIMARY KEY';
    await this.#world.inTarget(
      `CREATE TABLE ${this.table} (id int${key}, owner text NOT NULL, version text, payload text);
       INSERT INTO ${this.table} SELECT n, '${this.dataSet}', 'old', 'x' FROM generate_series(1, ${OLD_ROWS}) n;
       INSERT INTO ${this.table} SELECT -n, 'neighbour', 'kept', 'x' FROM generate_series(1, ${NEIGHBOUR_ROWS}) n`,
    );
    for (let object = 0; object < OBJECTS; object += 1) await this.putObject(object, 'new');
  }

  /** Ids overlap with the old rows'. */
  async putObject(object: number, version: string): Promise<void> {
    const rows = Array.from({ length: ROWS_PER_OBJECT }, (_, index) => {
      const id = object * ROWS_PER_OBJECT + index + 101;
      const isForeign = !this.#isAppend && object === 0 && index < FOREIGN_ROWS;
      return `${id},${isForeign ? 'stranger' : this.dataSet},${version},${PAYLOAD}\n`;
    });
    await this.#world.put(this.objectKey(object), `id,owner,version,payload\n${rows.join('')}`);
  }

  objectKey(object: number): string {
    return `${this.table}/${object}.csv`;
  }

  get request(): Record<string, unknown> {
    const kind = this.#isAppend
      ? { load_type: 'delta', disposition: 'append' }
      : { load_type: 'full', commit_strategy: this.#strategy };
    return { ...kind, data_set: this.dataSet, path: this.#world.path(`${this.table}/`) };
  }

  /** What one snapshot of the table shows. */
  async look(): Promise<Look> {
    const rows = await this.#world.inTarget(
      `SELECT version, count(*)::int AS n, sum(id)::int AS ids FROM ${this.table} GROUP BY 1 ORDER BY 1`,
    );
    const seen = JSON.stringify(rows);
    if (seen === JSON.stringify(this.#expectedRows('old'))) return 'old';
    return seen === JSON.stringify(this.#expectedRows('new')) ? 'new' : 'mix';
  }

  /** The figures that the receipt of a succeeded load must show. */
  get receipt(): Record<string, number> {
    const read = OBJECTS * ROWS_PER_OBJECT;
    const filtered = this.#isAppend ? 0 : FOREIGN_ROWS;
    const loaded = read - filtered;
    return {
      read,
      filtered,
      loaded,
      inserted: loaded,
      updated: 0,
      unchanged: 0,
      rejected: 0,
      deduplicated: 0,
      deleted: this.#isAppend ? 0 : OLD_ROWS,
      source_objects: OBJECTS,
    };
  }

  #expectedRows(look: 'old' | 'new') {
    const neighbour = { version: 'kept', n: NEIGHBOUR_ROWS, ids: -sumTo(NEIGHBOUR_ROWS) };
    const old = { version: 'old', n: OLD_ROWS, ids: sumTo(OLD_ROWS) };
    if (look === 'old') return [neighbour, old];
    const { read = 0, loaded = 0 } = this.receipt;
    const first = 101 + read - loaded;
    const fresh = { version: 'new', n: loaded, ids: sumTo(read + 100) - sumTo(first - 1) };
    return this.#isAppend ? [neighbour, fresh, old] : [neighbour, fresh];
  }
}

function sumTo(last: number): number {
  return (last * (last + 1)) / 2;
}

export function tableName(number: number): string {
  return `cell_${String(number).padStart(2, '0')}`;
}
