/** Queries of `readDefinition`; $1 is the table's oid, and names come out qualified. */

export const TABLE_QUERY = `
SELECT c.oid::bigint::float8 AS oid, n.nspname AS schema, c.relname AS name, pg_get_userbyid(c.relowner) AS owner,
       c.relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user) AS "isOwnedByRole", coalesce(m.amname, 'heap') AS "accessMethod",
       coalesce(s.spcname, '') AS tablespace,
       ARRAY(SELECT format('%I=%L', o.option_name, o.option_value) FROM pg_options_to_table(c.reloptions) o
             UNION ALL
             SELECT format('toast.%I=%L', o.option_name, o.option_value)
               FROM pg_class x CROSS JOIN LATERAL pg_options_to_table(x.reloptions) o WHERE x.oid = c.reltoastrelid) AS options,
       (SELECT jsonb_agg(jsonb_build_array(a.attname, format_type(a.atttypid, a.atttypmod), a.attcollation::regcollation::text,
                 a.attnotnull, CASE WHEN c.relispartition THEN '' ELSE a.attidentity END, a.attgenerated, pg_get_expr(d.adbin, d.adrelid)) ORDER BY a.attnum)
          FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
       ARRAY(SELECT DISTINCT f.confrelid::regclass::text FROM pg_constraint f
              WHERE f.conrelid = c.oid AND f.contype = 'f' ORDER BY 1) AS "referencedTables"
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_am m ON m.oid = c.relam LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
 WHERE c.oid = $1`;

/** pg_get_indexdef begins with names that differ for the new table; what follows is the same for both. */
export const INDEXES_QUERY = `
SELECT i.oid::bigint::float8 AS oid, i.relname AS name, x.indisunique AS "isUnique", coalesce(s.spcname, '') AS tablespace,
       substr(pg_get_indexdef(i.oid), 1 + length(format('CREATE %sINDEX %I ON %s ',
         CASE WHEN x.indisunique THEN 'UNIQUE ' END, i.relname, x.indrelid::regclass))) AS body,
       CASE WHEN k.oid IS NOT NULL THEN jsonb_build_object(
         'kind', CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END,
         'timing', concat(CASE WHEN k.condeferrable THEN 'DEFERRABLE' END,
                          CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' END)) END AS "constraint"
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid LEFT JOIN pg_tablespace s ON s.oid = i.reltablespace
  LEFT JOIN pg_constraint k ON k.conindid = i.oid AND k.conrelid = x.indrelid AND k.contype IN ('p', 'u')
 WHERE x.indrelid = $1 AND NOT x.indisexclusion AND x.indisvalid ORDER BY i.oid`;

/** Exclusion constraints, keys WITHOUT OVERLAPS among them, build their own index. */
export const CONSTRAINTS_QUERY = `
SELECT k.oid::bigint::float8 AS oid, k.conname AS name, k.contype = 'f' AS "isForeignKey",
       regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', '') AS body,
       pg_get_constraintdef(k.oid) NOT LIKE '% NOT ENFORCED' AS "isEnforced"
  FROM pg_constraint k
 WHERE k.conrelid = $1 AND (k.contype = 'f' OR k.conindid IN (SELECT indexrelid FROM pg_index WHERE indisexclusion))
   AND k.contype IN ('f', 'x', 'p', 'u') ORDER BY k.oid`;

export const IDENTITIES_QUERY = `
SELECT a.attname AS "column", q.oid::regclass::text AS sequence, q.relname AS "sequenceName"
  FROM pg_depend d JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S'
  JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
 WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1 AND d.deptype = 'i'
 ORDER BY a.attnum`;
