import type pg from 'pg';

/**
 * Why a table can't be replaced by a new one, or null: what hangs on its identity would be lost with it, what fires on
 * its rows would not see them, or the role lacks a right. Read it again under the lock that the exchange takes.
 */
export function findObstacle(client: pg.ClientBase, oid: number): Promise<string | null> {
  const queries = [KIND_QUERY, RIGHTS_QUERY, TRIGGER_QUERY, PUBLICATION_QUERY, DEPENDANT_QUERY];
  return findFirst(client, queries, oid);
}

/** Why no partition of a table can be replaced, or null. */
export function findParentObstacle(client: pg.ClientBase, oid: number): Promise<string | null> {
  return findFirst(client, [RIGHTS_QUERY, TRIGGER_QUERY], oid);
}

async function findFirst(
  client: pg.ClientBase,
  queries: readonly string[],
  oid: number,
): Promise<string | null> {
  for (const query of queries) {
    const { rows } = await client.query<{ obstacle: string }>(query, [oid]);
    if (rows[0] !== undefined) return rows[0].obstacle;
  }
  return null;
}

const KIND_QUERY = `
SELECT o.obstacle FROM pg_class c
 CROSS JOIN LATERAL (VALUES
   (c.relkind <> 'r', 'it is partitioned'),
   (c.relpersistence <> 'p', 'it is UNLOGGED or temporary'),
   (c.reloftype <> 0, 'it is made OF a type'),
   (EXISTS (SELECT FROM pg_inherits h WHERE h.inhparent = c.oid), 'other tables inherit from it'),
   (NOT c.relispartition AND EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = c.oid), 'it inherits from another table'),
   (EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid), 'it has rules'),
   (EXISTS (SELECT FROM pg_constraint f WHERE f.conrelid = c.oid AND f.confrelid = c.oid), 'it refers to itself by a foreign key'),
   (EXISTS (SELECT FROM pg_seclabel l WHERE l.classoid = 'pg_class'::regclass AND l.objoid = c.oid), 'it has security labels'),
   (EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'),
    'it belongs to an extension')
 ) o (is_met, obstacle) WHERE c.oid = $1 AND o.is_met LIMIT 1`;

/** Grants by others than the owner can't be given again in their names. */
const RIGHTS_QUERY = `
SELECT o.obstacle FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 CROSS JOIN LATERAL (VALUES
   (NOT pg_has_role(c.relowner, 'USAGE'), format('role %s does not own it', current_user)),
   (NOT has_schema_privilege(n.oid, 'CREATE'), format('role %s may not create tables in schema %s', current_user, n.nspname)),
   (c.relowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user) AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
      AND NOT (pg_has_role(c.relowner, 'MEMBER') AND has_schema_privilege(c.relowner, n.oid, 'CREATE')),
    format('role %s may not make a table for its owner %s', current_user, pg_get_userbyid(c.relowner))),
   (c.reltablespace <> 0 AND NOT has_tablespace_privilege(c.reltablespace, 'CREATE'), 'its tablespace takes no new table'),
   (row_security_active(c.oid), 'row security hides rows from the role'),
   (EXISTS (SELECT FROM aclexplode(c.relacl) g WHERE g.grantor <> c.relowner)
      OR EXISTS (SELECT FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) g
                  WHERE a.attrelid = c.oid AND g.grantor <> c.relowner), 'another role than its owner has granted rights on it')
 ) o (is_met, obstacle) WHERE c.oid = $1 AND o.is_met LIMIT 1`;

/** tgtype: 4 INSERT, 8 DELETE, 32 TRUNCATE. Clones of a partitioned table's triggers fire, too. */
const TRIGGER_QUERY = `
SELECT CASE WHEN g.tgisinternal THEN 'its constraint triggers are switched off or over'
            ELSE format('trigger %s fires when rows are inserted or deleted', g.tgname) END AS obstacle
  FROM pg_trigger g
 WHERE g.tgrelid = $1 AND CASE WHEN g.tgisinternal THEN g.tgenabled <> 'O' ELSE g.tgenabled <> 'D' AND (g.tgtype & 44) <> 0 END
 LIMIT 1`;

/** A new table is published, or decoded by a slot, row by row, as soon as it is filled. */
const PUBLICATION_QUERY = `
SELECT format('publication %s covers it', p.pubname) AS obstacle FROM pg_publication p
 WHERE p.puballtables
    OR EXISTS (SELECT FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid IN
                (SELECT $1::oid UNION SELECT relid FROM pg_partition_ancestors($1::oid)))
    OR EXISTS (SELECT FROM pg_publication_namespace s WHERE s.pnpubid = p.oid AND s.pnnspid IN
                (SELECT relnamespace FROM pg_class WHERE oid = $1
                  UNION SELECT oid FROM pg_namespace WHERE nspname = 'copydock'
                  UNION SELECT c.relnamespace FROM pg_partition_ancestors($1::oid) a JOIN pg_class c ON c.oid = a.relid))
 UNION ALL
SELECT format('logical replication slot %s decodes this database', slot_name) FROM pg_replication_slots
 WHERE slot_type = 'logical' AND database = current_database()
 LIMIT 1`;

/**
 * Whatever depends on the table, its row type, its keys or its identity sequences, and is no part of it. A sequence of a
 * serial column outlives the exchange, and so do those who use it.
 */
const DEPENDANT_QUERY = `
WITH part AS (
  SELECT 'pg_class'::regclass AS class, $1::oid AS id
  UNION ALL SELECT 'pg_class'::regclass, indexrelid FROM pg_index
    WHERE indrelid IN (SELECT $1::oid UNION SELECT reltoastrelid FROM pg_class WHERE oid = $1)
  UNION ALL SELECT 'pg_class'::regclass, objid FROM pg_depend
    WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND refobjid = $1 AND deptype IN ('i', 'a')
  UNION ALL SELECT 'pg_constraint'::regclass, oid FROM pg_constraint WHERE conrelid = $1
  UNION ALL SELECT 'pg_attrdef'::regclass, oid FROM pg_attrdef WHERE adrelid = $1
  UNION ALL SELECT 'pg_policy'::regclass, oid FROM pg_policy WHERE polrelid = $1
  UNION ALL SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext WHERE stxrelid = $1
  UNION ALL SELECT 'pg_trigger'::regclass, oid FROM pg_trigger
    WHERE tgrelid = $1 OR tgconstraint IN (SELECT oid FROM pg_constraint WHERE conrelid = $1)
  UNION ALL SELECT 'pg_type'::regclass, t.oid FROM pg_type t JOIN pg_class c ON c.oid = $1
    WHERE t.oid = c.reltype OR t.typelem = c.reltype)
SELECT CASE WHEN w.oid IS NULL THEN pg_describe_object(d.classid, d.objid, d.objsubid)
            ELSE pg_describe_object('pg_class'::regclass, w.ev_class, 0) END || ' depends on it' AS obstacle
  FROM part p JOIN pg_depend d ON d.refclassid = p.class AND d.refobjid = p.id
  LEFT JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
 WHERE NOT EXISTS (SELECT FROM part o WHERE o.class = d.classid AND o.id = d.objid)
   AND NOT EXISTS (SELECT FROM pg_depend s WHERE s.classid = 'pg_class'::regclass AND s.objid = p.id AND s.deptype = 'a'
                      AND s.refobjid = $1 AND (SELECT relkind FROM pg_class WHERE oid = p.id) = 'S')
   AND d.classid <> 'pg_publication_rel'::regclass
 LIMIT 1`;
