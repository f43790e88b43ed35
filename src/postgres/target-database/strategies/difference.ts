import { quote } from '../../identifiers.js';
import { readDefaults, type TargetTable } from '../catalog.js';
import { quoteStaging } from '../staging-table.js';
import type { StagedInput } from './applied.js';
import { ComparedRows } from './compared-rows.js';

/**
 * What becomes of a row that differs. One that the source lacks goes (d), one that the target lacks is inserted (i), a
 * changed one is updated (u), or replaced where it can't be updated: its identity ALWAYS column differs (r).
 */
export type DifferenceKind = 'd' | 'i' | 'u' | 'r';
export type DifferenceCounts = Record<DifferenceKind, number>;

export interface DifferenceInput extends StagedInput {
  table: TargetTable;
  /** Rows of the staging table. */
  stagedRows: number;
  /** Rows that go may take with them what refers to them by CASCADE, SET NULL or SET DEFAULT. */
  allowsCascade: boolean;
}

/** Memory of each hash table of the join; what does not fit is written to disk once more. */
const JOIN_WORK_MEM = '64MB';

/** Holds `kind`, where the row is staged (`staged`), and the key of the target's row (`k0`, `k1`, ...). */
export function quoteDifference({ staging }: Pick<StagedInput, 'staging'>): string {
  return quoteStaging(`${staging.name}_difference`);
}

/** Joins the target, as `alias`, with the differences, as `d`. */
export function matchDifference({ target }: Pick<StagedInput, 'target'>, alias: string): string {
  return target.primaryKey.map((column, at) => `${alias}.${quote(column)} = d.k${at}`).join(' AND ');
}

/** Joins staging table and scope by key, and notes each row that differs. */
export async function noteDifference(input: DifferenceInput): Promise<DifferenceCounts> {
  const { client } = input;
  const rows = new ComparedRows({ ...input, defaults: await readDefaults(client, input.table.oid) });
  await client.query(
    `SELECT set_config('work_mem', '${JOIN_WORK_MEM}', true)
      WHERE pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('${JOIN_WORK_MEM}')`,
  );
  await client.query(
    `CREATE UNLOGGED TABLE ${quoteDifference(input)} AS
     SELECT (CASE WHEN s.staged IS NULL THEN 'd' WHEN t.found IS NULL THEN 'i'
                  WHEN ${rows.isNotUpdatable} THEN 'r' ELSE 'u' END)::"char" AS kind,
            s.staged, ${rows
              .key('t')
              .map((column, at) => `${column} AS k${at}`)
              .join(', ')}
       FROM (${rows.target}) t FULL JOIN (${rows.staged()}) s ON ${rows.matches}
      WHERE s.staged IS NULL OR t.found IS NULL OR ${rows.differs}
      ORDER BY ${rows.key('t').join(', ')}`,
  );
  await client.query(`ANALYZE ${quoteDifference(input)}`);
  return countKinds(input);
}

/** It is gone with a transaction that fails; a load that ends well leaves none either. */
export async function forgetDifference(input: DifferenceInput): Promise<void> {
  await input.client.query(`DROP TABLE ${quoteDifference(input)}`);
}

async function countKinds(input: DifferenceInput): Promise<DifferenceCounts> {
  const { rows } = await input.client.query<{ kind: DifferenceKind; count: number }>(
    `SELECT kind::text AS kind, count(*)::float8 AS count FROM ${quoteDifference(input)} GROUP BY kind`,
  );
  return { d: 0, i: 0, u: 0, r: 0, ...Object.fromEntries(rows.map(({ kind, count }) => [kind, count])) };
}
