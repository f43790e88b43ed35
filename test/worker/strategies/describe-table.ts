import type { Stack } from '../stack.js';

/**
 * All that the catalogs say of a table and what belongs to it, by names and not by oids, one line each: two tables with
 * the same lines are told apart by their rows only.
 */
export async function describeTable(stack: Stack, table: string): Promise<string[]> {
  const lines: string[] = [];
  for (const query of QUERIES) {
    const rows = await stack.sql(`SELECT to_jsonb(described)::text AS line FROM (${query}) described`, [
      table,
    ]);
    lines.push(...rows.map(({ line }) => String(line)).sort());
  }
  return lines;
}

const LABEL = (text: string) => `'${text}' AS what`;
const OWN = '$1::regclass';

const QUERIES = [
  `SELECT ${LABEL('table')}, c.relname, n.nspname, pg_get_userbyid(c.relowner) AS owner, (SELECT array_agg(a ORDER BY a::text) FROM unnest(c.relacl) a)::text AS acl,
          c.reloptions, t.reloptions AS toast, c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.relpersistence, m.amname, c.relkind,
          c.relispartition, pg_get_expr(c.relpartbound, c.oid) AS bound, c.reltablespace, obj_description(c.oid, 'pg_class') AS comment
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am m ON m.oid = c.relam LEFT JOIN pg_class t ON t.oid = c.reltoastrelid WHERE c.oid = ${OWN}`,
  `SELECT ${LABEL('column')}, a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull, a.attidentity, a.attgenerated, a.attstorage, a.attcompression,
          coalesce(a.attstattarget, -1) AS target, a.attoptions, a.attacl::text, a.attislocal, a.attinhcount, a.attcollation::regcollation::text,
          pg_get_expr(d.adbin, d.adrelid) AS preset, col_description(a.attrelid, a.attnum) AS comment, row_number() OVER (ORDER BY a.attnum) AS nth
     FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = ${OWN} AND a.attnum > 0 AND NOT a.attisdropped`,
  `SELECT ${LABEL('constraint')}, k.conname, k.contype, pg_get_constraintdef(k.oid) AS definition, k.condeferrable, k.condeferred, k.convalidated, k.conislocal,
          k.coninhcount, k.connoinherit, k.conindid::regclass::text, (SELECT p.conname FROM pg_constraint p WHERE p.oid = k.conparentid) AS parent,
          obj_description(k.oid, 'pg_constraint') AS comment
     FROM pg_constraint k WHERE k.conrelid = ${OWN}`,
  `SELECT ${LABEL('index')}, i.oid::regclass::text, pg_get_indexdef(i.oid) AS definition, x.indisclustered, x.indisreplident, x.indisvalid, x.indimmediate, x.indnullsnotdistinct,
          i.reltablespace, i.relispartition, (SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = i.oid) AS parent,
          (SELECT array_agg(coalesce(a.attstattarget, -1) ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = i.oid) AS targets, obj_description(i.oid, 'pg_class') AS comment
     FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = ${OWN}`,
  `SELECT ${LABEL('trigger')}, pg_get_triggerdef(g.oid) AS definition, g.tgenabled, g.tgparentid <> 0 AS cloned, obj_description(g.oid, 'pg_trigger') AS comment
     FROM pg_trigger g WHERE g.tgrelid = ${OWN} AND NOT g.tgisinternal`,
  `SELECT ${LABEL('policy')}, p.polname, p.polcmd, p.polpermissive, ARRAY(SELECT CASE WHEN r = 0 THEN 'public' ELSE pg_get_userbyid(r) END FROM unnest(p.polroles) r) AS roles,
          pg_get_expr(p.polqual, p.polrelid) AS qual, pg_get_expr(p.polwithcheck, p.polrelid) AS checked, obj_description(p.oid, 'pg_policy') AS comment
     FROM pg_policy p WHERE p.polrelid = ${OWN}`,
  `SELECT ${LABEL('statistics')}, pg_get_statisticsobjdef(s.oid) AS definition, coalesce(s.stxstattarget, -1) AS target, pg_get_userbyid(s.stxowner) AS owner, obj_description(s.oid, 'pg_statistic_ext') AS comment
     FROM pg_statistic_ext s WHERE s.stxrelid = ${OWN}`,
  `SELECT ${LABEL('sequence')}, q.oid::regclass::text, d.deptype, d.refobjsubid > 0 AS owned, a.attname, s.seqtypid::regtype::text, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle,
          q.relacl::text AS acl, pg_get_userbyid(q.relowner) AS owner, obj_description(q.oid, 'pg_class') AS comment
     FROM pg_depend d JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S' JOIN pg_sequence s ON s.seqrelid = q.oid
     JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_class'::regclass AND d.refobjid = ${OWN} AND d.deptype IN ('a', 'i')`,
  `SELECT ${LABEL('partition')}, h.inhrelid::regclass::text, pg_get_expr(c.relpartbound, c.oid) AS bound
     FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid WHERE h.inhparent = ${OWN}`,
];
