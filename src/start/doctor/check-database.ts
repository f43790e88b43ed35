import type pg from 'pg';
import { readServer, type ServerFacts } from '../../postgres/inspect/server.js';
import { keepsSessions } from '../../postgres/inspect/session.js';
import { findPendingMigrations, type MigrationKind } from '../../postgres/pending-migrations.js';
import { createPool } from '../../postgres/pool.js';
import { type Check, type Finding, failed, failedBy, look, ok } from './check.js';

const OLDEST_VERSION = 15;
/** One to look around, two that are compared. */
const CONNECTIONS = 3;
const QUERY_TIMEOUT_MS = 10_000;
const UNKNOWN_MIGRATIONS_HINT =
  'give the role the rights of migrations/roles, then run copydock doctor again';

export interface Database {
  subject: string;
  /** The key of the configuration that says where it is. */
  where: string;
}

export function openPool(url: string): pg.Pool {
  return createPool(url, {
    applicationName: 'copydock doctor',
    max: CONNECTIONS,
    queryTimeoutMs: QUERY_TIMEOUT_MS,
  });
}

/** Whether the server answers, and is one that loads can be written to. Answers null where nothing more can be asked. */
export async function* checkServer(
  pool: pg.Pool,
  { subject, where }: Database,
): AsyncGenerator<Check, ServerFacts | null> {
  let server: ServerFacts;
  try {
    server = await readServer(pool);
  } catch (error) {
    yield { subject, check: 'connection', ...failedBy(error, connectionHint(error, where)) };
    return null;
  }
  yield { subject, check: 'connection', ...judgeServer(server, where) };
  return server;
}

export function judgeServer(
  { version, versionNumber, isStandby, role }: ServerFacts,
  where: string,
): Finding {
  const found = `PostgreSQL ${version}, as role ${role}`;
  if (isStandby) return failed(`${found}: a standby, which takes no writes`, `name the primary in ${where}`);
  if (versionNumber < OLDEST_VERSION * 10_000) {
    return failed(found, `upgrade it to PostgreSQL ${OLDEST_VERSION} or newer`);
  }
  return ok(found);
}

function connectionHint(error: unknown, where: string): string {
  switch ((error as { code?: string }).code) {
    case '28P01':
    case '28000':
      return `correct user and password in ${where}, and look at the server's pg_hba.conf`;
    case '3D000':
      return `create the database, or correct its name in ${where}`;
    case '53300':
      return 'raise max_connections, or lower concurrency and parallelism';
    default:
      return `correct ${where}, or start the server and open the way to it`;
  }
}

export function checkTables(pool: pg.Pool, { subject }: Database, kind: MigrationKind): Promise<Check> {
  return look(
    subject,
    'tables',
    async () => {
      const pending = await findPendingMigrations(pool, kind);
      if (pending.length === 0) return ok("Copydock's tables are up to date");
      return failed(`${pending.join(', ')} of Copydock's tables lack`, 'run copydock migrate');
    },
    UNKNOWN_MIGRATIONS_HINT,
  );
}

export function checkSessions(pool: pg.Pool, { subject, where }: Database): Promise<Check> {
  const hint = `name the server itself in ${where}, or a pooler in session mode`;
  return look(
    subject,
    'sessions',
    async () =>
      (await keepsSessions(pool))
        ? ok('connections are sessions: what one listens for arrives')
        : failed(
            'what a connection listens for never arrives: a pooler in transaction mode stands before it',
            hint,
          ),
    hint,
  );
}

/** `needed` of all of Copydock's processes together. */
export function judgeBudget(
  { connectionLimit, connections }: ServerFacts,
  needed: number,
  who: string,
): Finding {
  const found = `${who} use up to ${needed} connections, ${connectionLimit} are allowed, ${connections} of the server are in use`;
  if (needed <= connectionLimit) return ok(found);
  return {
    status: 'warning',
    found,
    hint: 'raise max_connections (or the limit of role or database), or lower concurrency and parallelism',
  };
}
