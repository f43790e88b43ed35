import type pg from 'pg';
import { CopydockError } from '../../loads/errors.js';
import { formatTableName, type TableName } from '../identifiers.js';
import { type GeometryType, geometryTypeQuery } from './geometry.js';

export interface TargetColumn {
  name: string;
  /** As SQL writes it, with modifiers: `numeric(10,2)`. */
  type: string;
  isText: boolean;
  isNotNull: boolean;
  hasDefault: boolean;
  /** A row without a value gets another one each time: a sequence, a random value. */
  hasVolatileDefault: boolean;
  isGenerated: boolean;
  isIdentity: boolean;
  /** GENERATED ALWAYS AS IDENTITY: it can be inserted, but not updated. */
  isAlwaysIdentity: boolean;
  /** Of PostGIS; null for any other type. */
  geometry: GeometryType | null;
}

/** A foreign key that points at the target. */
export interface IncomingForeignKey {
  name: string;
  table: string;
  /** Columns of that table, and those of the target that they refer to, in the same order. */
  columns: string[];
  referencedColumns: string[];
  /** The target refers to itself. */
  isSelf: boolean;
  /** Checked at COMMIT by default, not at the end of each statement. */
  isDeferred: boolean;
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
  /** Rules rewrite what is written to it. */
  hasRules: boolean;
}

const TABLE_KINDS = new Set(['r', 'p']);

/** Reads the target's definition, or null where there is no such relation. Waits for nobody's lock on it. */
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

/** Functions and operators that a default calls; the node tree is the only place that names built-in ones. */
const CALLS_VOLATILE = `EXISTS (
  SELECT FROM regexp_matches(coalesce(d.adbin, t.typdefaultbin)::text, ':(?:op)?funcid (\\d+)', 'g') AS call
    JOIN pg_catalog.pg_proc p ON p.oid = call[1]::oid WHERE p.provolatile = 'v')`;

/** Of the type `b` that a domain `t` stands for, or of the type itself. */
const BASE_MODIFIER = `CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE a.atttypmod END`;

const COLUMNS_QUERY = `
SELECT coalesce(jsonb_agg(jsonb_build_object(
         'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
         'isText', t.typcategory = 'S', 'isNotNull', a.attnotnull OR t.typnotnull,
         'hasDefault', a.atthasdef OR t.typdefaultbin IS NOT NULL,
         'hasVolatileDefault', a.attidentity <> '' OR ${CALLS_VOLATILE},
         'isGenerated', a.attgenerated <> '', 'isIdentity', a.attidentity <> '',
         'isAlwaysIdentity', a.attidentity = 'a',
         'geometry', ${geometryTypeQuery('b', BASE_MODIFIER)}) ORDER BY a.attnum), '[]')
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  JOIN pg_catalog.pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`;

const FOREIGN_KEYS_QUERY = `
SELECT coalesce(jsonb_agg(jsonb_build_object(
         'name', f.conname, 'table', f.conrelid::regclass::text, 'isSelf', f.conrelid = c.oid,
         'isDeferred', f.condeferred, 'onDelete', f.confdeltype,
         'columns', ${columnNames('f.conrelid', 'f.conkey')},
         'referencedColumns', ${columnNames('f.confrelid', 'f.confkey')})), '[]')
  FROM pg_catalog.pg_constraint f
 WHERE f.confrelid = c.oid AND f.contype = 'f' AND f.conparentid = 0`;

const TARGET_QUERY = `
SELECT c.oid::bigint::float8 AS oid, c.relkind AS kind, obj_description(c.oid, 'pg_class') AS comment,
  c.relkind = 'r' AND EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid) AS "hasHeirs",
  EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid) AS "hasRules",
  (${COLUMNS_QUERY}) AS columns,
  ARRAY(SELECT a.attname::text FROM pg_catalog.pg_index i
          CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
         WHERE i.indrelid = c.oid AND i.indisprimary AND k.position <= i.indnkeyatts ORDER BY k.position) AS "primaryKey",
  (${FOREIGN_KEYS_QUERY}) AS "incomingForeignKeys",
  ARRAY(SELECT g.tgname::text FROM pg_catalog.pg_trigger g
         WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND (g.tgtype & 8) <> 0 AND g.tgenabled <> 'D') AS "deleteTriggers"
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2`;

/** SQL of a jsonb array: the names of a table's columns by their numbers. */
function columnNames(table: string, numbers: string): string {
  return `(SELECT jsonb_agg(a.attname ORDER BY k.position) FROM unnest(${numbers}) WITH ORDINALITY AS k(attnum, position)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = ${table} AND a.attnum = k.attnum)`;
}

/**
 * What a row without a value gets, as SQL, by column; columns without a default are left out. Since PostgreSQL 18 it waits
 * for whoever has the table locked against readers.
 */
export async function readDefaults(client: pg.ClientBase, oid: number): Promise<Map<string, string>> {
  const { rows } = await client.query<{ name: string; expression: string }>(DEFAULTS_QUERY, [oid]);
  return new Map(rows.map(({ name, expression }) => [name, expression]));
}

const DEFAULTS_QUERY = `
SELECT a.attname AS name, pg_catalog.pg_get_expr(coalesce(d.adbin, t.typdefaultbin), a.attrelid) AS expression
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
   AND coalesce(d.adbin, t.typdefaultbin) IS NOT NULL`;

/** Columns that a load may fill. Generated ones are computed by PostgreSQL. */
export function loadableColumns(table: TargetTable): TargetColumn[] {
  return table.columns.filter((column) => !column.isGenerated);
}
