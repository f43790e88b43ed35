import type pg from 'pg';
import type { EnvironmentConfig } from '../../config/types.js';
import type { ServerFacts } from '../../postgres/inspect/server.js';
import { checkImport } from '../../postgres/target-database/import-object.js';
import { hasOwnTables, readFences } from '../../postgres/target-database/reconcile.js';
import { targetPoolConnections } from '../../postgres/target-database/target-pools.js';
import type { DatabaseUrls } from '../../secrets/database-urls.js';
import { type Check, type Finding, failed, failedBy, look, ok, skipped } from './check.js';
import type { ControlFacts } from './check-control.js';
import { checkServer, checkTables, type Database, judgeBudget, openPool } from './check-database.js';
import { checkGrants, checkSchemas } from './check-rights.js';

const IMPORT_HINT =
  'install the extension aws_s3 and run migrations/roles/loader.sql, or set copy_engine: stream';
const SECRET_HINT = 'correct database_secret_id, or allow secretsmanager:GetSecretValue on it';

/** `control`: null where the control database could not be asked. */
export async function* checkTarget(
  env: EnvironmentConfig,
  urls: DatabaseUrls,
  control: ControlFacts | null,
): AsyncGenerator<Check> {
  const subject = `target of ${env.name}`;
  let url: string;
  try {
    url = await urls.urlOf(env.name);
  } catch (error) {
    yield { subject, check: 'secret', ...failedBy(error, SECRET_HINT) };
    return;
  }
  if (env.databaseSecret) yield { subject, check: 'secret', ...ok(`${env.databaseSecret.id} is read`) };
  const pool = openPool(url);
  try {
    yield* checkOpened(pool, { subject, where: whereOf(env) }, env, control);
  } finally {
    await pool.end();
  }
}

function whereOf({ name, databaseSecret }: EnvironmentConfig): string {
  return databaseSecret ? `the secret ${databaseSecret.id}` : `environments.${name}.database_url`;
}

async function* checkOpened(
  pool: pg.Pool,
  database: Database,
  env: EnvironmentConfig,
  control: ControlFacts | null,
): AsyncGenerator<Check> {
  const { subject } = database;
  const server = yield* checkServer(pool, database);
  if (server === null) return;
  yield await checkTables(pool, database, 'target');
  yield await checkGrants(pool, subject, server, 'loader');
  yield* checkSchemas(pool, subject, env.targetSchemas);
  if (env.copyEngine === 'aws_s3') yield await look(subject, 'import', () => findImport(pool), IMPORT_HINT);
  yield await look(subject, 'fences', () => findForeignFences(pool, control), 'give the role its rights');
  yield { subject, check: 'connections', ...judgeConnections(server, env, control) };
}

async function findImport(pool: pg.Pool): Promise<Finding> {
  await checkImport(pool);
  return ok('the role may call the extension aws_s3; what the database may read in S3 only a load tells');
}

/** Loads of a scope that another control database has loaded are refused. */
async function findForeignFences(pool: pg.Pool, control: ControlFacts | null): Promise<Finding> {
  if (control === null) return skipped('the control database can not be asked', 'put that right first');
  const fences = (await hasOwnTables(pool)) ? await readFences(pool) : [];
  const foreign = fences.filter(({ controlId }) => controlId !== control.controlId);
  if (foreign.length === 0) return ok('no other control database loads into it');
  return failed(
    `another control database has loaded ${foreign.length} of ${fences.length} scopes`,
    'run one Copydock per target, or run copydock reconcile --adopt',
  );
}

function judgeConnections(
  server: ServerFacts,
  env: EnvironmentConfig,
  control: ControlFacts | null,
): Finding {
  const workers = Math.max(1, control?.workers.get(env.name) ?? 0);
  return judgeBudget(
    server,
    workers * targetPoolConnections(env),
    `${workers} worker${workers === 1 ? '' : 's'}`,
  );
}
