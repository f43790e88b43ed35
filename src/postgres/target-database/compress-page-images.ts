import type pg from 'pg';

/**
 * Has the server compress the page images in the WAL of this transaction, where the role may (a superuser, or GRANT SET
 * ON PARAMETER wal_compression) and the server does not do so anyway. For transactions that touch few rows of many
 * pages: the first change of a page after a checkpoint writes all of it, 8 KiB, to the WAL. lz4 takes next to no time;
 * pglz, all that a server built without lz4 has, costs a fifth of the load's, and is for who would rather save WAL.
 * https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-WAL-COMPRESSION
 */
export async function compressPageImages(client: pg.ClientBase, prefer: 'time' | 'wal'): Promise<void> {
  await client.query(
    `SELECT set_config(name, CASE WHEN 'lz4' = ANY (enumvals) THEN 'lz4' ELSE 'pglz' END, true) FROM pg_settings
      WHERE name = 'wal_compression' AND setting = 'off' AND has_parameter_privilege(name, 'SET')
        AND ($1 OR 'lz4' = ANY (enumvals))`,
    [prefer === 'wal'],
  );
}
