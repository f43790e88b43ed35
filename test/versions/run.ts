/**
 * Loads on other servers than the tests' own: PostGIS on Debian's PostgreSQL 15.
 *
 *   npm run test:versions
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { ensurePostgis } from '../services/install.js';

const PROJECT_DIR = resolve(import.meta.dirname, '../..');
const CELLS = ['test/versions/postgis.cells.ts'];
/** On machines five times slower than an idle one. */
const TIMEOUT_S = 900;

ensurePostgis();
const program = join(PROJECT_DIR, 'test/services/run.ts');
const child = spawn(process.execPath, ['--import', 'tsx', program, `--timeout=${TIMEOUT_S}`, ...CELLS], {
  cwd: PROJECT_DIR,
  stdio: 'inherit',
});
const [code] = (await once(child, 'exit')) as [number | null];
process.exitCode = code ?? 1;
