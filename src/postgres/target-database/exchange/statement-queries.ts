/**
 * Queries that write the statements which give a new table, under the old one's name, what the old one had. $1 is the old
 * table's oid; names come out qualified.
 */

const SEQUENCES = `
SELECT format('ALTER SEQUENCE %s OWNED BY %s.%I', q.oid::regclass, $1::oid::regclass, a.attname) AS statement
  FROM pg_depend d JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S'
  JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
 WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1 AND d.deptype = 'a'
 ORDER BY q.oid`;

const COLUMN_SETTINGS = `
SELECT unnest(ARRAY[
         CASE WHEN a.attstattarget >= 0
              THEN format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', $1::oid::regclass, a.attname, a.attstattarget) END,
         CASE WHEN a.attoptions IS NOT NULL
              THEN format('ALTER TABLE %s ALTER COLUMN %I SET (%s)', $1::oid::regclass, a.attname, array_to_string(a.attoptions, ', ')) END]) AS statement
  FROM pg_attribute a WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`;

const INDEX_SETTINGS = `
SELECT unnest(ARRAY[
         CASE WHEN x.indisclustered THEN format('ALTER TABLE %s CLUSTER ON %I', $1::oid::regclass, i.relname) END,
         CASE WHEN x.indisreplident THEN format('ALTER TABLE %s REPLICA IDENTITY USING INDEX %I', $1::oid::regclass, i.relname) END]) AS statement
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = $1
 UNION ALL
SELECT format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', a.attrelid::regclass, a.attnum, a.attstattarget)
  FROM pg_index x JOIN pg_attribute a ON a.attrelid = x.indexrelid WHERE x.indrelid = $1 AND a.attstattarget >= 0`;

const TABLE_SETTINGS = `
SELECT unnest(ARRAY[
         CASE WHEN c.relrowsecurity THEN format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', c.oid::regclass) END,
         CASE WHEN c.relforcerowsecurity THEN format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', c.oid::regclass) END,
         CASE c.relreplident WHEN 'f' THEN format('ALTER TABLE %s REPLICA IDENTITY FULL', c.oid::regclass)
                             WHEN 'n' THEN format('ALTER TABLE %s REPLICA IDENTITY NOTHING', c.oid::regclass) END]) AS statement
  FROM pg_class c WHERE c.oid = $1`;

const EXTENDED_STATISTICS = `
SELECT unnest(ARRAY[
         pg_get_statisticsobjdef(s.oid),
         CASE WHEN s.stxstattarget >= 0 THEN format('ALTER STATISTICS %I.%I SET STATISTICS %s', n.nspname, s.stxname, s.stxstattarget) END,
         CASE WHEN s.stxowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user)
              THEN format('ALTER STATISTICS %I.%I OWNER TO %I', n.nspname, s.stxname, pg_get_userbyid(s.stxowner)) END]) AS statement
  FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE s.stxrelid = $1 ORDER BY s.oid`;

/** Clones of a partitioned table's triggers come with the attachment. */
const TRIGGERS = `
SELECT unnest(ARRAY[
         pg_get_triggerdef(g.oid),
         CASE g.tgenabled WHEN 'D' THEN format('ALTER TABLE %s DISABLE TRIGGER %I', $1::oid::regclass, g.tgname)
                          WHEN 'R' THEN format('ALTER TABLE %s ENABLE REPLICA TRIGGER %I', $1::oid::regclass, g.tgname)
                          WHEN 'A' THEN format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', $1::oid::regclass, g.tgname) END]) AS statement
  FROM pg_trigger g WHERE g.tgrelid = $1 AND NOT g.tgisinternal AND g.tgparentid = 0 ORDER BY g.oid`;

const POLICIES = `
SELECT format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', p.polname, $1::oid::regclass,
         CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
         CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
         (SELECT string_agg(CASE WHEN r = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END, ', ') FROM unnest(p.polroles) r))
       || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
       || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '') AS statement
  FROM pg_policy p WHERE p.polrelid = $1 ORDER BY p.oid`;

const COMMENTS = `
SELECT format('COMMENT ON %s IS %L', o.target, d.description) AS statement
  FROM (SELECT 'pg_class'::regclass AS class, $1::oid AS id, 0 AS sub, format('TABLE %s', $1::oid::regclass) AS target
        UNION ALL SELECT 'pg_class'::regclass, a.attrelid, a.attnum, format('COLUMN %s.%I', a.attrelid::regclass, a.attname)
          FROM pg_attribute a WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL SELECT 'pg_class'::regclass, x.indexrelid, 0, format('INDEX %s', x.indexrelid::regclass)
          FROM pg_index x WHERE x.indrelid = $1
        UNION ALL SELECT 'pg_constraint'::regclass, k.oid, 0, format('CONSTRAINT %I ON %s', k.conname, k.conrelid::regclass)
          FROM pg_constraint k WHERE k.conrelid = $1
        UNION ALL SELECT 'pg_trigger'::regclass, g.oid, 0, format('TRIGGER %I ON %s', g.tgname, g.tgrelid::regclass)
          FROM pg_trigger g WHERE g.tgrelid = $1 AND NOT g.tgisinternal
        UNION ALL SELECT 'pg_policy'::regclass, p.oid, 0, format('POLICY %I ON %s', p.polname, p.polrelid::regclass)
          FROM pg_policy p WHERE p.polrelid = $1
        UNION ALL SELECT 'pg_statistic_ext'::regclass, s.oid, 0, format('STATISTICS %I.%I', n.nspname, s.stxname)
          FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE s.stxrelid = $1
        UNION ALL SELECT 'pg_class'::regclass, q.objid, 0, format('SEQUENCE %s', q.objid::regclass)
          FROM pg_depend q JOIN pg_class c ON c.oid = q.objid AND c.relkind = 'S'
         WHERE q.classid = 'pg_class'::regclass AND q.refobjid = $1 AND q.deptype = 'i') o
  JOIN pg_description d ON d.classoid = o.class AND d.objoid = o.id AND d.objsubid = o.sub`;

/** An ACL that is NULL stands for the owner's rights, which a new table has, too. */
const GRANTS = `
WITH granted AS (
  SELECT format('TABLE %s', c.oid::regclass) AS target, c.relowner, c.relacl FROM pg_class c WHERE c.oid = $1
  UNION ALL
  SELECT format('SEQUENCE %s', c.oid::regclass), c.relowner, c.relacl
    FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
   WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1 AND d.deptype = 'i')
SELECT format('REVOKE ALL ON %s FROM %I', target, pg_get_userbyid(relowner)) AS statement FROM granted WHERE relacl IS NOT NULL
 UNION ALL
SELECT format('GRANT %s ON %s TO %s%s', g.privilege_type, target,
         CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END,
         CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' END)
  FROM granted CROSS JOIN LATERAL aclexplode(relacl) g`;

const COLUMN_GRANTS = `
SELECT format('GRANT %s (%I) ON TABLE %s TO %s%s', g.privilege_type, a.attname, $1::oid::regclass,
         CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END,
         CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' END) AS statement
  FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) g
 WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`;

const notNull = (query: string) => `SELECT statement FROM (${query}) listed WHERE statement IS NOT NULL`;

/** What default privileges gave the new table, $1, and its identity sequences. */
export const REVOKE_QUERY = `
SELECT DISTINCT format('REVOKE ALL ON %s %s FROM %s', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass,
         CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END) AS statement
  FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) g
 WHERE g.grantee <> c.relowner AND (c.oid = $1 OR c.oid IN (
   SELECT d.objid FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
      AND d.refobjid = $1 AND d.deptype = 'i'))`;

export const STATEMENT_QUERIES = {
  beforeDrop: [SEQUENCES],
  afterDrop: [
    COLUMN_SETTINGS,
    INDEX_SETTINGS,
    TABLE_SETTINGS,
    EXTENDED_STATISTICS,
    TRIGGERS,
    POLICIES,
    COMMENTS,
    GRANTS,
    COLUMN_GRANTS,
  ].map(notNull),
} as const;
