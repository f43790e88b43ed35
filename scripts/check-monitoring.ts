/** Checks the alert rules and their tests with promtool, which comes with Debian's Prometheus. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureCommand } from '../test/services/install.js';

const FOLDER = join(import.meta.dirname, '../monitoring');

ensureCommand('promtool', 'prometheus', 'promtool');
for (const args of [
  ['check', 'rules', 'alerts.yml'],
  ['test', 'rules', 'alerts.test.yml'],
]) {
  const { status } = spawnSync('promtool', args, { cwd: FOLDER, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
