import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const PROJECT_DIR = resolve(import.meta.dirname, '../..');
const COMPILER = join(PROJECT_DIR, 'node_modules/typescript/bin/tsc');
const PAGES = 'dashboard/public';
/** What the program reads from beside `dist`. */
const BESIDE = ['migrations', 'demo', 'package.json', 'copydock.example.yaml'];

/**
 * Builds the program into a folder within the project, so that it starts as quickly as the published one and stays
 * as it is while the source is worked on. Building into the same folder again takes half as long.
 *
 * @returns the path of `cli.js`
 */
export async function buildProgram(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const name of BESIDE) {
    if (!existsSync(join(folder, name))) await symlink(join(PROJECT_DIR, name), join(folder, name));
  }
  const dist = join(folder, 'dist');
  await compile(dist, join(folder, 'build-info.json'));
  await cp(join(PROJECT_DIR, 'src', PAGES), join(dist, PAGES), { recursive: true });
  return join(dist, 'cli.js');
}

/** Types are checked elsewhere; without, it takes a third of the time. */
async function compile(outDir: string, buildInfo: string): Promise<void> {
  const incremental = ['--incremental', '--tsBuildInfoFile', buildInfo];
  const args = [COMPILER, '-p', 'tsconfig.build.json', '--noCheck', ...incremental, '--outDir', outDir];
  try {
    await promisify(execFile)(process.execPath, args, { cwd: PROJECT_DIR });
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    throw new Error(`The program does not compile: ${stdout ?? error}`, { cause: error });
  }
}
