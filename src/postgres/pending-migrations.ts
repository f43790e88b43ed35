import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { CopydockError } from '../loads/errors.js';

/** Beside src and dist alike. */
export const MIGRATIONS_DIR = fileURLToPath(new URL('../../migrations', import.meta.url));

export type MigrationKind = 'control' | 'target';

interface Asked {
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<{ rows: Row[] }>;
}

/** A migration of this name took something away that an older version needs; any other one only adds. */
const CONTRACTION = /^\d+_contract_/;
const TOO_NEW = {
  control: { code: 'unavailable', which: 'The control database (DATABASE_URL)' },
  target: { code: 'target_not_prepared', which: 'The target database' },
} as const;

/**
 * Names of the migrations that this version has and the database lacks; all of them where it has none.
 * @throws CopydockError where a newer version took something away. What it only added is no hindrance: during an upgrade
 * both versions run
 */
export async function findPendingMigrations(database: Asked, kind: MigrationKind): Promise<string[]> {
  const files = await readdir(`${MIGRATIONS_DIR}/${kind}`);
  const names = files.filter((file) => file.endsWith('.sql')).map((file) => file.slice(0, -'.sql'.length));
  const applied = await readApplied(database, kind);
  refuseNewer(kind, names, applied);
  return names.filter((name) => !applied.has(name)).sort();
}

function refuseNewer(kind: MigrationKind, names: readonly string[], applied: ReadonlySet<string>): void {
  const unknown = [...applied].filter((name) => CONTRACTION.test(name) && !names.includes(name));
  if (unknown.length === 0) return;
  const { code, which } = TOO_NEW[kind];
  throw new CopydockError(
    code,
    `${which} is newer than this version of Copydock: ${unknown.sort().join(', ')} took away what it needs.`,
    { hint: 'Start the newer version that ran copydock migrate, or a later one.' },
  );
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
