import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CACHE_DIR } from '../services/start.js';

export const LINES = ['2', '3'] as const;
export type LineName = (typeof LINES)[number];

/** What the pins are for; uv fetches it where the machine has another. */
const PYTHON_VERSION = '3.11';
/** Written last: an environment without it is half-done or of other pins. */
const DONE_FILE = 'copydock-pins';

export function pinsFile(line: LineName): string {
  return join(import.meta.dirname, `airflow-${line}-freeze.txt`);
}

/** A virtual environment with every package of that line pinned, kept in the cache folder. Returns its `bin` folder. */
export async function ensureAirflow(line: LineName): Promise<string> {
  const home = join(CACHE_DIR, `airflow-${line}`);
  const pins = pinsFile(line);
  const digest = createHash('sha256')
    .update(await readFile(pins))
    .digest('hex');
  const done = join(home, DONE_FILE);
  if (existsSync(done) && (await readFile(done, 'utf8')) === digest) return join(home, 'bin');
  console.log(`Installing Airflow ${line} into ${home}`);
  const uv = ensureUv();
  await rm(home, { recursive: true, force: true });
  run(uv, ['venv', '--quiet', '--python', PYTHON_VERSION, home]);
  run(uv, [
    'pip',
    'install',
    '--quiet',
    '--no-deps',
    '--compile-bytecode',
    '--python',
    join(home, 'bin', 'python'),
    '--requirement',
    pins,
  ]);
  await writeFile(done, digest);
  return join(home, 'bin');
}

function ensureUv(): string {
  const home = join(CACHE_DIR, 'airflow-uv');
  const uv = join(home, 'bin', 'uv');
  if (existsSync(uv)) return uv;
  run('python3', ['-m', 'venv', home]);
  run(join(home, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', 'uv']);
  return uv;
}

function run(program: string, args: string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
