import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensurePythonVenv } from './install.js';
import { CACHE_DIR } from './start.js';

/** What the pins are for; uv fetches it where the machine has another. */
const PYTHON_VERSION = '3.11';
/** Written last: an environment without it is half-done or of other pins. */
const DONE_FILE = 'copydock-pins';

/**
 * A virtual environment with exactly the packages that `pinsFile` names, in the cache folder. Returns its `bin` folder.
 * @throws where a package can't be had
 */
export async function ensurePythonEnvironment(name: string, pinsFile: string): Promise<string> {
  const home = join(CACHE_DIR, name);
  const digest = createHash('sha256')
    .update(await readFile(pinsFile))
    .digest('hex');
  const done = join(home, DONE_FILE);
  if (existsSync(done) && (await readFile(done, 'utf8')) === digest) return join(home, 'bin');
  console.log(`Installing ${name} into ${home}`);
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
    pinsFile,
  ]);
  await writeFile(done, digest);
  return join(home, 'bin');
}

function ensureUv(): string {
  const home = join(CACHE_DIR, 'uv');
  const uv = join(home, 'bin', 'uv');
  if (existsSync(uv)) return uv;
  ensurePythonVenv();
  run('python3', ['-m', 'venv', home]);
  run(join(home, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', 'uv']);
  return uv;
}

function run(program: string, args: string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
