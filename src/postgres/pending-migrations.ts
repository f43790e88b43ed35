import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';

/** Beside src and dist alike. */
export const MIGRATIONS_DIR = fileURLToPath(new URL('../../migrations', import.meta.url));

export type MigrationKind = 'control' | 'target';

interface Asked {
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<{ rows: Row[] }>;
}

/** Names of the migrations that this version has and the database lacks; all of them where it has none. */
export async function findPendingMigrations(database: Asked, kind: MigrationKind): Promise<string[]> {
  const files = await readdir(`${MIGRATIONS_DIR}/${kind}`);
  const names = files.filter((file) => file.endsWith('.sql')).map((file) => file.slice(0, -'.sql'.length));
  const applied = await readApplied(database, kind);
  return names.filter((name) => !applied.has(name)).sort();
}

async function readApplied(database: Asked, kind: MigrationKind): Promise<Set<string>> {
  const table = `copydock.${kind}_migrations`;
  const { rows } = await database.query<{ exists: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AS "exists"',
    [table],
  );
  if (!rows[0]?.exists) return new Set();
  const applied = await database.query<{ name: string }>(`SELECT name FROM ${table}`);
  return new Set(applied.rows.map(({ name }) => name));
}
