import type pg from 'pg';

export interface ServerFacts {
  version: string;
  /** 150004 is 15.4. */
  versionNumber: number;
  /** It takes no writes. */
  isStandby: boolean;
  role: string;
  isSuperuser: boolean;
  /** Connections that this role can have in this database, by the smallest of all limits. */
  connectionLimit: number;
  /** Connections to all databases of the server now. */
  connections: number;
}

/** -1 is no limit of a role or a database. */
export async function readServer(pool: pg.Pool): Promise<ServerFacts> {
  const { rows } = await pool.query<ServerFacts>(
    `SELECT current_setting('server_version') AS version,
            current_setting('server_version_num')::int AS "versionNumber",
            pg_is_in_recovery() AS "isStandby",
            rolname AS role,
            rolsuper AS "isSuperuser",
            least(current_setting('max_connections')::int
                    - current_setting('superuser_reserved_connections')::int
                    - COALESCE(current_setting('reserved_connections', true)::int, 0),
                  NULLIF(rolconnlimit, -1), NULLIF(datconnlimit, -1)) AS "connectionLimit",
            (SELECT COALESCE(sum(numbackends), 0)::int FROM pg_stat_database) AS connections
       FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()`,
  );
  const [facts] = rows;
  if (facts === undefined) throw new Error('the server did not tell its role');
  return facts;
}

export interface ClockReading {
  /** How far the other clock is ahead of this process's. */
  aheadMs: number;
  /** The reading may be wrong by so much. */
  uncertaintyMs: number;
}

export async function readClock(pool: pg.Pool, now: () => number): Promise<ClockReading> {
  const sentAt = now();
  const { rows } = await pool.query<{ at: number }>(
    `SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::float8 AS at`,
  );
  const halfMs = (now() - sentAt) / 2;
  return { aheadMs: (rows[0]?.at ?? Number.NaN) - sentAt - halfMs, uncertaintyMs: halfMs };
}
