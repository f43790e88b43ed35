import type pg from 'pg';
import { CopydockError } from '../../loads/errors.js';
import { quoteColumns } from '../identifiers.js';
import { readCopyPlace } from '../sqlstate.js';
import { type CopyDestination, copyOptionList } from './copy-in.js';

/** An object that the database fetches itself. */
export interface RemoteObject {
  bucket: string;
  key: string;
  region: string;
  sizeBytes: number;
}

/**
 * Has the extension aws_s3 of RDS and Aurora fetch an object and COPY it into a table, within the client's transaction.
 * Answers how many rows COPY took. No credentials are passed: the database has a role of its own.
 */
// Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PostgreSQL.S3Import.Reference.html
export async function importObject(
  client: pg.ClientBase,
  into: CopyDestination,
  object: RemoteObject,
): Promise<number> {
  const location = `s3://${object.bucket}/${object.key}`;
  const answer = await callImport(client, [
    into.table,
    quoteColumns(into.columns),
    copyOptionList(into),
    object.bucket,
    object.key,
    object.region,
  ]).catch((error: unknown) => {
    throw explainImportError(error, location);
  });
  const { rows, bytes } = readAnswer(answer, location);
  if (bytes === object.sizeBytes) return rows;
  throw new CopydockError(
    'import_failed',
    `The database read ${bytes} bytes of ${location}, which has ${object.sizeBytes}.`,
    { object: location },
  );
}

async function callImport(client: pg.ClientBase, values: string[]): Promise<string> {
  const { rows } = await client.query<{ answer: string }>(
    `SELECT aws_s3.table_import_from_s3($1::text, $2::text, $3::text,
              aws_commons.create_s3_uri($4::text, $5::text, $6::text)) AS answer`,
    values,
  );
  return rows[0]?.answer ?? '';
}

/** Such as `500 rows imported into relation "place" from file part-000001.csv of 8388608 bytes`. */
const ANSWER = /^(\d+) rows? imported into relation [\s\S]* of (\d+) bytes$/;

function readAnswer(answer: string, location: string): { rows: number; bytes: number } {
  const [, rows, bytes] = ANSWER.exec(answer.trim()) ?? [];
  if (rows !== undefined && bytes !== undefined) return { rows: Number(rows), bytes: Number(bytes) };
  throw new CopydockError(
    'import_failed',
    `The database does not say how many rows and bytes of ${location} it took: ${answer}`,
    { object: location },
  );
}

/** Classes of SQLSTATE that say something of the connection, the role, locks and resources, whoever runs the statement. */
const GENERAL = new Set(['08', '25', '28', '40', '53', '55', '57']);
const OF_THE_TABLE = new Set(['42501', '42P01', '42703']);

/** The extension's own failures, such as an answer 403 of S3, have SQLSTATEs that say little, and no place in the data. */
function explainImportError(error: unknown, location: string): unknown {
  const { code = '' } = error as { code?: string };
  if (!(error instanceof Error) || code.length !== 5) return error;
  if (GENERAL.has(code.slice(0, 2)) || OF_THE_TABLE.has(code) || readCopyPlace(error) !== null) return error;
  const [line = ''] = error.message.split('\n', 1);
  return new CopydockError('import_failed', `The database can't import ${location}: ${line}`, {
    object: location,
    sqlstate: code,
    cause: error,
  });
}

/**
 * Throws where the role can't import at all: said before anything is staged. What the database's own role may read in S3
 * only an import tells.
 */
export async function checkImport(client: pg.ClientBase | pg.Pool): Promise<void> {
  const { rows } = await client.query<{ name: string; mayUse: boolean; mayCall: boolean }>(
    `SELECT n.nspname || '.' || p.proname AS name, has_schema_privilege(n.oid, 'USAGE') AS "mayUse",
            has_function_privilege(p.oid, 'EXECUTE') AS "mayCall"
       FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      WHERE (n.nspname, p.proname) IN (('aws_s3', 'table_import_from_s3'), ('aws_commons', 'create_s3_uri'))`,
  );
  for (const name of ['aws_s3.table_import_from_s3', 'aws_commons.create_s3_uri']) {
    const found = rows.filter((row) => row.name === name);
    if (found.length === 0) {
      throw new CopydockError('import_not_possible', `The target database has no function ${name}.`, {
        hint: 'Run CREATE EXTENSION aws_s3 CASCADE there, then migrations/roles/loader.sql; or set copy_engine: stream.',
      });
    }
    if (found.some(({ mayUse, mayCall }) => mayUse && mayCall)) continue;
    throw new CopydockError('import_not_possible', `The database role may not call ${name}.`, {
      hint: 'Run migrations/roles/loader.sql again, which grants it; or set copy_engine: stream.',
    });
  }
}
