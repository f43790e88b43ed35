import { ConfigError } from '../config/config-error.js';
import { CopydockError, type ErrorCode, type ErrorExtras, shortenValue } from '../loads/errors.js';
import { explainTlsFault, isPassingTlsFault } from '../loads/tls-fault.js';

/** The fields of a PostgreSQL error that are used; the driver's own type leaves most of them optional. */
interface DatabaseFault {
  code?: string;
  message: string;
  detail?: string;
  column?: string;
  constraint?: string;
  where?: string;
}

const TLS_HINT =
  "Name the authority's file in sslrootcert of database_url (or database_parameters), and the host that the certificate is for.";

/** By SQLSTATE, else by class (its first two characters). Source: PostgreSQL's appendix "Error Codes". */
const BY_SQLSTATE: Record<string, ErrorCode> = {
  '23001': 'foreign_key_violation',
  '23502': 'null_value',
  '23503': 'foreign_key_violation',
  '23505': 'duplicate_key',
  '23514': 'check_violation',
  '23P01': 'check_violation',
  '22P04': 'bad_record',
  '22021': 'bad_record',
  '22P05': 'bad_record',
  '28000': 'target_auth_failed',
  '28P01': 'target_auth_failed',
  '3D000': 'target_auth_failed',
  '42501': 'target_access_denied',
  '25006': 'target_unreachable',
  '42P01': 'target_changed',
  '42703': 'target_changed',
  '42804': 'target_changed',
  '42P07': 'target_changed',
  '3F000': 'target_changed',
  '25P03': 'target_unreachable',
  '25P04': 'target_unreachable',
  '53300': 'target_unreachable',
  '40001': 'target_busy',
  '40P01': 'target_busy',
  '55P03': 'target_busy',
  '57014': 'target_busy',
};
const HINTS: Record<string, string> = {
  '22021': 'Write the data as UTF-8 without NUL bytes, or name its encoding in csv.encoding.',
  '22P05': 'Write the data as UTF-8 without NUL bytes, or name its encoding in csv.encoding.',
  '22P04': 'Correct the record in the source, or set csv.delimiter, csv.quote or csv.escape.',
};
const BY_CLASS: Record<string, ErrorCode> = {
  '08': 'target_unreachable',
  '22': 'bad_value',
  '23': 'check_violation',
  '53': 'target_full',
  '57': 'target_unreachable',
  '58': 'target_unreachable',
};

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** The driver's own errors of a connection that went away carry no code; only these of its names are known. */
const CONNECTION_LOST =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Query read timeout|Client was closed)/;

/**
 * Says what a database failure means for the load: by SQLSTATE and error code. Message texts, which differ by
 * language, are only shown, never decided by (the driver's own "Connection terminated" has nothing else).
 */
export function classifyDatabaseError(error: unknown, extras: ErrorExtras = {}): CopydockError {
  if (error instanceof CopydockError) return error;
  if (!(error instanceof Error))
    return new CopydockError('internal_error', 'An unknown error.', { cause: error });
  if (error instanceof ConfigError) {
    return new CopydockError('tls_failed', error.message, {
      hint: 'Correct database_url, or database_parameters.',
    });
  }
  const tlsFault = explainTlsFault(error);
  if (tlsFault !== null) {
    const message = `TLS to the target database failed: ${tlsFault}.`;
    return isPassingTlsFault(error)
      ? new CopydockError('target_unreachable', message, { cause: error })
      : new CopydockError('tls_failed', message, { hint: TLS_HINT, cause: error });
  }
  const fault: DatabaseFault = error;
  const { code: sqlstate = '' } = fault;
  const code = BY_SQLSTATE[sqlstate] ?? byNetwork(error, sqlstate) ?? BY_CLASS[sqlstate.slice(0, 2)];
  if (code === undefined || (sqlstate.length !== 5 && code !== 'target_unreachable')) {
    return new CopydockError('internal_error', `${error.name}: ${firstLine(error.message)}`, {
      cause: error,
    });
  }
  return new CopydockError(code, describe(code, fault), {
    ...(sqlstate.length === 5 ? { sqlstate } : {}),
    ...(HINTS[sqlstate] === undefined ? {} : { hint: HINTS[sqlstate] }),
    ...(fault.column === undefined ? {} : { column: fault.column }),
    cause: error,
    ...extras,
  });
}

/** Classes of SQLSTATE that no record is to blame for. */
const NOT_THE_RECORD = new Set(['08', '40', '53', '55', '57', '58']);

/**
 * Whether COPY failed for the record that it read. Input functions of extensions report errors that PostgreSQL calls
 * internal, but in the context of a column.
 */
export function isRecordFault(error: unknown): boolean {
  const { code = '' } = error as { code?: string };
  if (code.length !== 5 || NOT_THE_RECORD.has(code.slice(0, 2))) return false;
  return code.startsWith('22') || code.startsWith('23') || readCopyPlace(error)?.column !== undefined;
}

/** A lock was not got in time, or its wait would never have ended. Nothing was done. */
export function isLockTimeout(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === '55P03' || code === '40P01';
}

/**
 * Where COPY met a bad record: the line within what was sent, from 1, and the column where it says so; `value` is the
 * column's, or the record where no column is to blame. Copydock's own conversions name the column, and the value as detail.
 */
export interface CopyPlace {
  line: number;
  column?: string;
  value?: string;
}

/** Reads the place from a COPY error's context; null where it has none (or is written in another language). */
export function readCopyPlace(error: unknown): CopyPlace | null {
  const where = (error as DatabaseFault | null)?.where ?? '';
  const found = /^COPY .+?, line (\d+)(?:, column (.+?))?(?:: "([\s\S]*?)"|: null input)?(?:\n|$)/m.exec(
    where,
  );
  if (found?.[1] === undefined) return null;
  const { code = '', column, detail } = error as DatabaseFault;
  if (code.startsWith('22') && column !== undefined && detail !== undefined) {
    return { line: Number(found[1]), column, value: shortenValue(detail) };
  }
  return {
    line: Number(found[1]),
    ...(found[2] === undefined ? {} : { column: found[2] }),
    ...(found[3] === undefined ? {} : { value: shortenValue(found[3]) }),
  };
}

function byNetwork(error: Error, code: string): ErrorCode | undefined {
  return NETWORK_CODES.has(code) || CONNECTION_LOST.test(error.message) ? 'target_unreachable' : undefined;
}

function describe(code: ErrorCode, fault: DatabaseFault): string {
  switch (code) {
    case 'target_auth_failed':
      return 'The target database refuses the credentials, or the database does not exist.';
    case 'target_unreachable':
      return `The target database does not answer${fault.code === undefined ? '' : ` (${fault.code})`}.`;
    case 'null_value':
      return explained(`Column ${fault.column ?? ''} must not be null`, fault);
    case 'check_violation':
    case 'duplicate_key':
    case 'foreign_key_violation':
      return explained(firstLine(fault.message), fault);
    default:
      return firstLine(fault.message);
  }
}

/** With PostgreSQL's own detail, which shows the key or the row. */
function explained(sentence: string, { detail }: DatabaseFault): string {
  return firstLine(detail === undefined ? sentence : `${sentence}: ${detail}`.replace(/\s*\n\s*/g, ' '));
}

/** Messages quote values whole, however long they are. */
const MESSAGE_LIMIT = 300;

function firstLine(text: string): string {
  const [line = ''] = text.split('\n', 1);
  return line.length <= MESSAGE_LIMIT ? line : `${line.slice(0, MESSAGE_LIMIT - 1)}…`;
}
