import { quote, quoteTable } from '../../identifiers.js';
import { loadableColumns, type TargetColumn, type TargetTable } from '../catalog.js';
import { scopeCondition } from '../scope-filter.js';
import { quoteStaging } from '../staging-table.js';
import type { StagedInput } from './applied.js';

/** What is compared: generated columns follow from the others. */
export type ComparedInput = Pick<StagedInput, 'target' | 'staging' | 'scope' | 'columns'> & {
  table: TargetTable;
  /** As `readDefaults` answers them. */
  defaults: ReadonlyMap<string, string>;
};

/** SQL that compares staged rows, alias `s`, with those of the target, alias `t`: columns are `c0`, `c1`, ... in both. */
export class ComparedRows {
  /** The target's rows in scope; `found` tells a row from none. */
  readonly target: string;
  readonly #input: ComparedInput;
  readonly #columns: TargetColumn[];

  constructor(input: ComparedInput) {
    this.#input = input;
    this.#columns = loadableColumns(input.table);
    const values = this.#columns.map(({ name }, at) => `t.${quote(name)} AS c${at}`);
    this.target = `SELECT TRUE AS found, ${values.join(', ')} FROM ${quoteTable(input.target.name)} t
      WHERE ${scopeCondition(input.scope, 't')}`;
  }

  /**
   * The staged rows in scope as the target would hold them; `staged` is where a row is staged. A column that the source
   * lacks has its DEFAULT; an empty source has not even a column.
   */
  staged(sample = ''): string {
    const { staging, scope, columns, defaults } = this.#input;
    const values = this.#columns.map(({ name, type }, at) =>
      columns.includes(name)
        ? `s.${quote(name)} AS c${at}`
        : `CAST((${defaults.get(name) ?? 'NULL'}) AS ${type}) AS c${at}`,
    );
    const inScope = columns.length === 0 ? 'FALSE' : scopeCondition(scope, 's');
    return `SELECT s.ctid AS staged, ${values.join(', ')} FROM ${quoteStaging(staging.name)} s ${sample} WHERE ${inScope}`;
  }

  /** The key's columns of a side, in order. */
  key(alias: 's' | 't'): string[] {
    return this.#input.target.primaryKey.map((name) => `${alias}.c${this.#at(name)}`);
  }

  get matches(): string {
    const target = this.key('t');
    return this.key('s')
      .map((column, at) => `${column} = ${target[at]}`)
      .join(' AND ');
  }

  /** By image, key included, which works for json and geometry and tells `1.0` from `1`. */
  get differs(): string {
    return this.#imagesDiffer(this.#columns);
  }

  /** Whether the row must be replaced, since a column differs that can't be updated. */
  get isNotUpdatable(): string {
    const columns = this.#columns.filter(({ isAlwaysIdentity }) => isAlwaysIdentity);
    return columns.length === 0 ? 'FALSE' : this.#imagesDiffer(columns);
  }

  #imagesDiffer(columns: readonly TargetColumn[]): string {
    const row = (alias: string) =>
      `ROW(${columns.map(({ name }) => `${alias}.c${this.#at(name)}`).join(', ')})`;
    return `record_image_ne(${row('t')}, ${row('s')})`;
  }

  #at(name: string): number {
    return this.#columns.findIndex((column) => column.name === name);
  }
}
