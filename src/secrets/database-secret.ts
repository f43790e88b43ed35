import { CopydockError } from '../loads/errors.js';

/** What a secret of a database holds, under the names that AWS gives them, or `db_name` for `dbname`. */
interface DatabaseSecret {
  username: string;
  password: string;
  host: string;
  port: string;
  database: string;
}

/**
 * The URL of the database that a secret names. `parameters` are those of a PostgreSQL URL, such as
 * `sslmode=verify-full&sslrootcert=/etc/ssl/rds.pem`.
 * @throws CopydockError `target_secret_invalid`, which names the key and never shows a value
 */
export function toDatabaseUrl(secretId: string, text: string, parameters: string): string {
  const { username, password, host, port, database } = parseSecret(secretId, text);
  const url = new URL('postgres://host');
  url.hostname = host.includes(':') ? `[${host}]` : host;
  url.port = port;
  url.username = encodeURIComponent(username);
  url.password = encodeURIComponent(password);
  url.pathname = encodeURIComponent(database);
  url.search = parameters;
  return url.href;
}

function parseSecret(secretId: string, text: string): DatabaseSecret {
  const fields = parseObject(secretId, text);
  const read = (...names: string[]) => {
    const value = names.map((name) => fields[name]).find((one) => one !== undefined);
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
    throw invalid(secretId, `it lacks ${names.join(' or ')}`);
  };
  const port = fields.port === undefined ? '5432' : read('port');
  if (!/^[0-9]{1,5}$/.test(port)) throw invalid(secretId, 'its port is not a number');
  return {
    username: read('username'),
    password: read('password'),
    host: read('host'),
    port,
    database: read('db_name', 'dbname'),
  };
}

function parseObject(secretId: string, text: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalid(secretId, 'it is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null) throw invalid(secretId, 'it is not a JSON object');
  return parsed as Record<string, unknown>;
}

function invalid(secretId: string, why: string): CopydockError {
  return new CopydockError('target_secret_invalid', `The secret ${secretId} can't be used: ${why}.`);
}
