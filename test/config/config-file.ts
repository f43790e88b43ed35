import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { ConfigError, loadConfig, type Requirements } from '../../src/config.js';

export const CONTROL_URL = 'postgres://copydock:secret@db.example:5433/control';

/** Returns the path of a configuration file that is removed at the end of `t`. */
export async function writeConfig(t: Test, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'copydock-config-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const path = join(folder, 'copydock.yaml');
  await writeFile(path, text);
  return path;
}

/** What is wrong with the configuration; empty if nothing is. */
export async function problemsOf(
  env: NodeJS.ProcessEnv,
  require: Requirements = {},
): Promise<readonly string[]> {
  try {
    await loadConfig(env, {}, { require });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
