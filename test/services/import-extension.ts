import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Test } from 'tap';
import { withClient } from './database.js';
import { serviceVariable } from './service-variables.js';

const RIGHTS = resolve(import.meta.dirname, '../../migrations/roles/loader.sql');

/** Prints nothing; `FILE` holds the object then, and `FILE.status` the HTTP status and the size. */
const FETCH = `#!/bin/sh
# fetch URL REGION FILE
curl -sS -K "$(dirname "$0")/role" --aws-sigv4 "aws:amz:$2:s3" -o "$3" -w '%{http_code} %{size_download}' "$1" > "$3.status"
`;

/** What the database may do in S3. */
export interface DatabaseRole {
  withdraw(): Promise<void>;
  giveBack(): Promise<void>;
}

/**
 * A stand-in for the extension aws_s3 of RDS and Aurora: the same names, signatures and answers, and COPY within the
 * caller's transaction. The server fetches objects from the test S3 server by credentials that no SQL holds, as the
 * database's role does it there. The documented rights are given again, which include those on the extension.
 */
export async function installImportExtension(t: Test, databaseUrl: string): Promise<DatabaseRole> {
  const folder = await mkdtemp(join(tmpdir(), 'copydock-import-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  // PostgreSQL runs as another user where the tests run as root.
  await chmod(folder, 0o777);
  const key = `${serviceVariable('TEST_S3_ACCESS_KEY')}:${serviceVariable('TEST_S3_SECRET_KEY')}`;
  const writeRole = (user: string) => writeFile(join(folder, 'role'), `user = "${user}"\n`);
  await writeRole(key);
  await chmod(join(folder, 'role'), 0o644);
  await writeFile(join(folder, 'fetch'), FETCH);
  await chmod(join(folder, 'fetch'), 0o755);
  const rights = await readFile(RIGHTS, 'utf8');
  await withClient(databaseUrl, async (client) => {
    await client.query(extensionScript(folder, serviceVariable('TEST_S3_ENDPOINT')));
    await client.query(rights);
  });
  return { withdraw: () => writeRole('nobody:nothing'), giveBack: () => writeRole(key) };
}

function extensionScript(folder: string, endpoint: string): string {
  return `
CREATE SCHEMA aws_commons;
CREATE TYPE aws_commons._s3_uri_1 AS (bucket text, file_path text, region text);
CREATE TYPE aws_commons._aws_credentials_1 AS (access_key text, secret_key text, session_token text);
CREATE FUNCTION aws_commons.create_s3_uri(bucket text, file_path text, region text) RETURNS aws_commons._s3_uri_1
  LANGUAGE sql AS 'SELECT bucket, file_path, region';
CREATE SCHEMA aws_s3;
-- Calls so far, for tests.
CREATE SEQUENCE aws_s3.calls;
CREATE FUNCTION aws_s3.table_import_from_s3(table_name text, column_list text, options text,
    s3_info aws_commons._s3_uri_1, credentials aws_commons._aws_credentials_1 DEFAULT NULL)
  RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  file text := '${folder}/' || pg_backend_pid();
  url text := '${endpoint}/' || s3_info.bucket || '/' || s3_info.file_path;
  status text[];
  taken bigint;
BEGIN
  PERFORM nextval('aws_s3.calls');
  IF credentials IS NOT NULL THEN RAISE 'credentials in SQL'; END IF;
  EXECUTE format('copy (select) to program %L',
    format('${folder}/fetch ''%s'' ''%s'' ''%s''', url, s3_info.region, file));
  status := string_to_array(pg_read_file(file || '.status'), ' ');
  IF status[1] <> '200' THEN RAISE 'HTTP %. Check bucket or provided credentials.', status[1]; END IF;
  EXECUTE format('copy %s %s from %L with %s', table_name,
    CASE column_list WHEN '' THEN '' ELSE '(' || column_list || ')' END, file, options);
  GET DIAGNOSTICS taken = ROW_COUNT;
  RETURN format('%s rows imported into relation "%s" from file %s of %s bytes',
    taken, table_name, s3_info.file_path, status[2]);
END $$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA aws_s3, aws_commons FROM PUBLIC;`;
}
