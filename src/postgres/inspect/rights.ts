import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { MIGRATIONS_DIR } from '../pending-migrations.js';

/** The files of `migrations/roles` that give them. */
export type RoleKind = 'control' | 'loader';

export interface Grant {
  privilege: string;
  kind: 'TABLE' | 'SCHEMA' | 'SEQUENCE';
  /** A schema, or `schema.name`. */
  object: string;
}

const GRANT = /^GRANT (.+) ON (?:(SCHEMA|SEQUENCE) )?(.+) TO \w+;$/gm;

/** What the role's file grants on Copydock's own schema: the file is the only list of it. */
export async function readGrants(role: RoleKind): Promise<Grant[]> {
  const text = await readFile(`${MIGRATIONS_DIR}/roles/${role}.sql`, 'utf8');
  return [...text.matchAll(GRANT)].flatMap(([, privileges = '', kind = 'TABLE', objects = '']) =>
    objects
      .split(', ')
      .flatMap((object) =>
        privileges.split(', ').map((privilege) => ({ privilege, kind: kind as Grant['kind'], object })),
      ),
  );
}

/** Those of the grants that the pool's role lacks. What does not exist is not among them. */
export async function findMissingGrants(pool: pg.Pool, grants: readonly Grant[]): Promise<Grant[]> {
  const { rows } = await pool.query<Grant>(
    `SELECT privilege, kind, object
       FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS wanted(privilege, kind, object, place)
       LEFT JOIN pg_namespace namespace ON nspname = split_part(object, '.', 1)
       LEFT JOIN pg_class relation ON relnamespace = namespace.oid AND relname = split_part(object, '.', 2)
      WHERE CASE kind WHEN 'SCHEMA' THEN NOT has_schema_privilege(namespace.oid, privilege)
                      WHEN 'SEQUENCE' THEN NOT has_sequence_privilege(relation.oid, privilege)
                      ELSE NOT has_table_privilege(relation.oid, privilege) END
      ORDER BY place`,
    [
      grants.map(({ privilege }) => privilege),
      grants.map(({ kind }) => kind),
      grants.map(({ object }) => object),
    ],
  );
  return rows;
}

export interface SchemaRights {
  schema: string;
  exists: boolean;
  hasUsage: boolean;
  hasCreate: boolean;
  tables: number;
  /** Tables that the role can't read, insert into, update or delete from. */
  refused: string[];
}

/** What the pool's role may do in each schema. Tables of extensions, and partitions by themselves, are no targets. */
export async function readSchemaRights(pool: pg.Pool, schemas: readonly string[]): Promise<SchemaRights[]> {
  const { rows } = await pool.query<SchemaRights>(
    `SELECT name AS schema, namespace.oid IS NOT NULL AS exists,
            COALESCE(has_schema_privilege(namespace.oid, 'USAGE'), false) AS "hasUsage",
            COALESCE(has_schema_privilege(namespace.oid, 'CREATE'), false) AS "hasCreate",
            tables, refused
       FROM unnest($1::text[]) AS name
       LEFT JOIN pg_namespace namespace ON nspname = name
      CROSS JOIN LATERAL (
        SELECT count(*)::int AS tables,
               COALESCE(array_agg(relname::text ORDER BY relname) FILTER (WHERE NOT (
                 has_table_privilege(relation.oid, 'SELECT') AND has_table_privilege(relation.oid, 'INSERT')
                 AND has_table_privilege(relation.oid, 'UPDATE') AND has_table_privilege(relation.oid, 'DELETE')
               )), '{}') AS refused
          FROM pg_class relation
         WHERE relnamespace = namespace.oid AND relkind IN ('r', 'p') AND NOT relispartition
           AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass
                              AND objid = relation.oid AND deptype = 'e')) AS found`,
    [schemas],
  );
  return rows;
}
