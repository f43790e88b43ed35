import type pg from 'pg';
import type { TargetTable } from '../catalog.js';
import type { ScopeFilter } from '../scope-filter.js';
import type { NewTablePlan } from './new-table.js';
import { findObstacle, findParentObstacle } from './obstacles.js';

/** Which table a new one could replace, or why none can be replaced. */
export type ExchangeOption =
  | { objection: null; replaces: NewTablePlan['replaces']; attachment: NewTablePlan['attachment'] }
  | { objection: string };

/** `swap`: a new table for the target as a whole. */
export async function findSwap(
  client: pg.ClientBase,
  target: TargetTable,
  scope: ScopeFilter | null,
): Promise<ExchangeOption> {
  if (scope !== null) return { objection: `other data sets than ${scope.value} are in the table` };
  const objection = await findObstacle(client, target.oid);
  return objection === null ? { objection, replaces: target.name, attachment: null } : { objection };
}

/**
 * `partition`: a new table for the one partition that holds the data set and nothing else. Since PostgreSQL 18 it waits for
 * whoever has the table locked against readers.
 */
export async function findPartition(
  client: pg.ClientBase,
  target: TargetTable,
  scope: ScopeFilter | null,
  loadedColumns: readonly string[],
): Promise<ExchangeOption> {
  if (scope === null) return { objection: 'the table is replaced as a whole' };
  const { rows } = await client.query<Partition>(PARTITION_QUERY, [target.oid, scope.column, scope.value]);
  const [partition] = rows;
  if (partition === undefined) {
    return { objection: `no partition of the table holds ${scope.column} ${scope.value} and nothing else` };
  }
  const objection =
    objectionToPartition(partition, target, loadedColumns) ??
    (await findParentObstacle(client, target.oid)) ??
    (await findObstacle(client, partition.oid));
  if (objection !== null) return { objection };
  const { schema, table, bound } = partition;
  return {
    objection,
    replaces: { schema, table },
    attachment: { parent: target.name, bound, ...scope },
  };
}

interface Partition {
  oid: number;
  schema: string;
  table: string;
  bound: string;
  hasDefaultPartition: boolean;
  /** Columns whose default is another one in the partition than in the table. */
  otherDefaults: string[];
}

/** The partition key must be the scope column alone, and the bound the data set alone. */
const PARTITION_QUERY = `
SELECT p.oid::bigint::float8 AS oid, n.nspname AS schema, p.relname AS table, pg_get_expr(p.relpartbound, p.oid) AS bound,
       k.partdefid <> 0 AS "hasDefaultPartition",
       ARRAY(SELECT a.attname::text FROM pg_attribute a
               JOIN pg_attribute b ON b.attrelid = p.oid AND b.attname = a.attname AND NOT b.attisdropped
               LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
               LEFT JOIN pg_attrdef e ON e.adrelid = b.attrelid AND e.adnum = b.attnum
              WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
                AND (a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) IS DISTINCT FROM pg_get_expr(e.adbin, e.adrelid))) AS "otherDefaults"
  FROM pg_partitioned_table k JOIN pg_inherits h ON h.inhparent = k.partrelid
  JOIN pg_class p ON p.oid = h.inhrelid JOIN pg_namespace n ON n.oid = p.relnamespace
 WHERE k.partrelid = $1 AND k.partstrat = 'l' AND k.partnatts = 1 AND NOT h.inhdetachpending
   AND k.partattrs[0] = (SELECT attnum FROM pg_attribute WHERE attrelid = $1 AND attname = $2 AND NOT attisdropped)
   AND pg_get_expr(p.relpartbound, p.oid) = format('FOR VALUES IN (%L)', $3::text)`;

function objectionToPartition(
  { hasDefaultPartition, otherDefaults }: Partition,
  { incomingForeignKeys }: TargetTable,
  loadedColumns: readonly string[],
): string | null {
  if (hasDefaultPartition) return 'the table has a DEFAULT partition';
  const [key] = incomingForeignKeys;
  if (key !== undefined) return `${key.table} refers to the table by ${key.name}`;
  const column = otherDefaults.find((name) => !loadedColumns.includes(name));
  return column === undefined
    ? null
    : `${column}, which the source lacks, has a default of its own in the partition`;
}
