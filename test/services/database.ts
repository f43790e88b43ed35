import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import type { Test } from 'tap';
import { migrateControl, migrateTarget } from '../../src/postgres/migrate.js';
import { prepareQueue } from '../../src/queue/prepare-queue.js';
import { serviceVariable } from './service-variables.js';

const MIGRATIONS_DIR = resolve(import.meta.dirname, '../../migrations');
/** Any number that nothing else locks in the maintenance database. */
const TEMPLATE_LOCK = 715_201;

/**
 * A fresh database of the test cluster, dropped with everything connected to it at the end of `t`. `migrated`: it has
 * the tables of both the control and the target database. Returns its URL, as superuser.
 */
export async function createTestDatabase(t: Test, { migrated }: { migrated: boolean }): Promise<string> {
  const template = migrated ? await ensureTemplate() : 'template0';
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onMaintenanceDatabase((client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
  t.teardown(() =>
    onMaintenanceDatabase((client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
  );
  return urlOf(name);
}

/** One that stands in no other text, so that a test can find it where it must not be. */
export function passwordOf(role: string): string {
  return `Pw-${role}-3f81`;
}

export type TestRole = 'test_control' | 'test_loader' | 'test_service';

/**
 * The same database for a role with the documented rights and no other: `test_control` those of the control database,
 * `test_loader` those of a target, `test_service` both.
 */
export function asRole(url: string, role: TestRole): string {
  const changed = new URL(url);
  changed.username = role;
  changed.password = passwordOf(role);
  return changed.href;
}

/** Runs `use` with a client of that database, which is closed afterwards. */
export async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url);
  client.on('error', () => {});
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/**
 * Made by the first test that asks, while the others wait; its name follows the migrations, since kept services may
 * have an older one. A template that was left half-done has another name, so that it is never copied.
 */
async function ensureTemplate(): Promise<string> {
  const name = `template_${await digestMigrations()}`;
  await onMaintenanceDatabase(async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await makeTemplate(client, name);
  });
  return name;
}

async function makeTemplate(client: pg.Client, name: string): Promise<void> {
  const unfinished = `unfinished_${name}`;
  await client.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${unfinished} TEMPLATE template0`);
  await migrateControl(urlOf(unfinished));
  await migrateTarget(urlOf(unfinished));
  await prepareQueue(urlOf(unfinished));
  await withClient(urlOf(unfinished), giveRoles);
  await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${name}`);
}

/** The roles are the cluster's, their rights each database's: what is copied from the template has them, too. */
async function giveRoles(client: pg.Client): Promise<void> {
  for (const name of ['control', 'loader']) {
    await client.query(await readFile(join(MIGRATIONS_DIR, 'roles', `${name}.sql`), 'utf8'));
    await client.query(createLoginRole(`test_${name}`, `copydock_${name}`));
  }
  await client.query(createLoginRole('test_service', 'copydock_control, copydock_loader'));
}

function createLoginRole(name: string, groups: string): string {
  return `DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${name}') THEN
      CREATE ROLE ${name} LOGIN PASSWORD '${passwordOf(name)}' IN ROLE ${groups};
    END IF;
  END $$`;
}

async function digestMigrations(): Promise<string> {
  const digest = createHash('sha256');
  const names = (await readdir(MIGRATIONS_DIR, { recursive: true })).filter((name) => name.endsWith('.sql'));
  for (const name of names.sort()) digest.update(name).update(await readFile(join(MIGRATIONS_DIR, name)));
  return digest.digest('hex').slice(0, 12);
}

async function onMaintenanceDatabase<T>(use: (client: pg.Client) => Promise<T>): Promise<T> {
  return await withClient(serviceVariable('TEST_DATABASE_URL'), use);
}

function urlOf(database: string): string {
  const url = new URL(serviceVariable('TEST_DATABASE_URL'));
  url.pathname = `/${database}`;
  return url.href;
}
