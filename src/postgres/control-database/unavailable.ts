import pg from 'pg';
import { CopydockError } from '../../loads/errors.js';
import { explainTlsFault } from '../../loads/tls-fault.js';

/**
 * SQLSTATE classes that speak of the server's state rather than of the statement: connection (08), credentials (28),
 * database (3D), deadlock (40), resources (53), operator intervention (57).
 */
const SERVER_CLASSES = new Set(['08', '28', '3D', '40', '53', '57']);
const READ_ONLY_SERVER = '25006';
const UNKNOWN_TABLE_OR_SCHEMA = new Set(['42P01', '3F000']);
/** Names of the errors that pg and the socket below it throw for want of a connection; neither gives all a code. */
const CONNECTION_ERROR_NAMES = new Set(['Error', 'AggregateError']);

/**
 * What a failed query on the control database is to callers: `unavailable` where the database is at fault, else the
 * error as it is. Details name no host, user or database; the original is the `cause`, for the service's own log.
 */
export function toUnavailable(error: unknown): unknown {
  if (error instanceof CopydockError) return error;
  if (error instanceof pg.DatabaseError) return fromSqlstate(error);
  const tlsFault = explainTlsFault(error);
  if (tlsFault !== null) {
    return new CopydockError('unavailable', `TLS to the control database failed: ${tlsFault}.`, {
      hint: "Name the authority's file in sslrootcert of DATABASE_URL (of QUEUE_URL for the queue), and the host that the certificate is for.",
      cause: error,
    });
  }
  if (error instanceof Error && CONNECTION_ERROR_NAMES.has(error.name)) {
    return new CopydockError('unavailable', 'The control database does not answer.', { cause: error });
  }
  return error;
}

/** Runs queries of the control database; their failures become what callers may see. */
export async function withControlErrors<T>(query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (error) {
    throw toUnavailable(error);
  }
}

function fromSqlstate(error: pg.DatabaseError): unknown {
  const sqlstate = error.code ?? '';
  if (UNKNOWN_TABLE_OR_SCHEMA.has(sqlstate)) {
    return new CopydockError(
      'unavailable',
      "The control database lacks Copydock's tables; run: copydock migrate",
      {
        sqlstate,
        cause: error,
      },
    );
  }
  if (sqlstate === READ_ONLY_SERVER || SERVER_CLASSES.has(sqlstate.slice(0, 2))) {
    return new CopydockError('unavailable', 'The control database cannot take queries now.', {
      sqlstate,
      cause: error,
    });
  }
  return error;
}
