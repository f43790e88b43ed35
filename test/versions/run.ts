/**
 * Loads on other servers than the tests' own: every format, compression and way of applying rows on PostgreSQL 15, 17 and 18,
 * and PostGIS on Debian's PostgreSQL 15. Prints a table of what was played.
 *
 *   npm run test:versions
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensurePostgis, ensurePostgres17 } from '../services/install.js';
import { CACHE_DIR } from '../services/start.js';
import type { PlayedVersion } from './load-matrix.js';

const PROJECT_DIR = resolve(import.meta.dirname, '../..');
const CELLS = ['postgres-15', 'postgres-17', 'postgres-18', 'postgis'];
/** On machines five times slower than an idle one. */
const TIMEOUT_S = 900;

async function main(): Promise<number> {
  ensurePostgis();
  ensurePostgres17(CACHE_DIR);
  const folder = await mkdtemp(join(tmpdir(), 'copydock-versions-'));
  try {
    const code = await play(folder);
    console.log(await formatTable(folder));
    return code;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function play(report: string): Promise<number> {
  const cells = CELLS.map((name) => `test/versions/${name}.cells.ts`);
  const program = [join(PROJECT_DIR, 'test/services/run.ts'), `--timeout=${TIMEOUT_S}`];
  const child = spawn(process.execPath, ['--import', 'tsx', ...program, ...cells], {
    cwd: PROJECT_DIR,
    stdio: 'inherit',
    env: { ...process.env, VERSIONS_REPORT: report },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

/** A line per cell, a column per version. */
async function formatTable(folder: string): Promise<string> {
  const files = (await readdir(folder)).sort();
  const versions = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as PlayedVersion),
  );
  const head = ['load', ...versions.map(({ version }) => version)];
  const names = versions[0]?.cells.map(({ name }) => name) ?? [];
  const rows = names.map((name) => [
    name,
    ...versions.map(({ cells }) => (cells.find((cell) => cell.name === name)?.ok ? 'ok' : 'broken')),
  ]);
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

process.exitCode = await main();
