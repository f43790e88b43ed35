import type pg from 'pg';
import { CopydockError } from '../../loads/errors.js';
import { formatTableName, type TableName } from '../identifiers.js';

export interface TargetColumn {
  name: string;
  /** As SQL writes it, with modifiers: `numeric(10,2)`. */
  type: string;
  isText: boolean;
  isNotNull: boolean;
  hasDefault: boolean;
  isGenerated: boolean;
  isIdentity: boolean;
}

/** A foreign key that points at the target. */
export interface IncomingForeignKey {
  name: string;
  table: string;
  /** The target refers to itself. */
  isSelf: boolean;
  /** pg_constraint.confdeltype: a, r, c, n or d. */
  onDelete: string;
}

/** What the planner and the strategies need to know about the target. */
export interface TargetTable {
  oid: number;
  name: TableName;
  columns: TargetColumn[];
  /** Names of the primary key's columns, in order; empty without one. */
  primaryKey: string[];
  incomingForeignKeys: IncomingForeignKey[];
  /** User triggers that fire on DELETE. */
  deleteTriggers: string[];
  comment: string | null;
  /** Tables inherit from it, other than partitions: its DELETE would reach their rows. */
  hasHeirs: boolean;
}

const TABLE_KINDS = new Set(['r', 'p']);

/** Reads the target's definition, or null where there is no such relation. */
export async function readTarget(
  client: pg.ClientBase | pg.Pool,
  name: TableName,
): Promise<TargetTable | null> {
  const { rows } = await client.query<TargetTable & { kind: string }>(TARGET_QUERY, [
    name.schema,
    name.table,
  ]);
  const [row] = rows;
  if (row === undefined) return null;
  const { kind, ...table } = row;
  if (!TABLE_KINDS.has(kind)) {
    throw new CopydockError(
      'target_not_a_table',
      `${formatTableName(name)} is a view, sequence or foreign table.`,
      {
        field: 'table',
      },
    );
  }
  return { ...table, name };
}

const TARGET_QUERY = `
SELECT c.oid::bigint::float8 AS oid, c.relkind AS kind,
  c.relkind = 'r' AND EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid) AS "hasHeirs", obj_description(c.oid, 'pg_class') AS comment,
  (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
            'isText', t.typcategory = 'S', 'isNotNull', a.attnotnull OR t.typnotnull, 'hasDefault', a.atthasdef,
            'isGenerated', a.attgenerated <> '', 'isIdentity', a.attidentity <> '') ORDER BY a.attnum), '[]')
     FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
  ARRAY(SELECT a.attname::text FROM pg_catalog.pg_index i
          CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
         WHERE i.indrelid = c.oid AND i.indisprimary AND k.position <= i.indnkeyatts ORDER BY k.position) AS "primaryKey",
  (SELECT coalesce(jsonb_agg(jsonb_build_object('name', f.conname, 'table', f.conrelid::regclass::text, 'isSelf', f.conrelid = c.oid,
                                                'onDelete', f.confdeltype)), '[]')
     FROM pg_catalog.pg_constraint f
    WHERE f.confrelid = c.oid AND f.contype = 'f' AND f.conparentid = 0) AS "incomingForeignKeys",
  ARRAY(SELECT g.tgname::text FROM pg_catalog.pg_trigger g
         WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND (g.tgtype & 8) <> 0 AND g.tgenabled <> 'D') AS "deleteTriggers"
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2`;

/** Columns that a load may fill. Generated ones are computed by PostgreSQL. */
export function loadableColumns(table: TargetTable): TargetColumn[] {
  return table.columns.filter((column) => !column.isGenerated);
}
