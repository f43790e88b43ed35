import { spawnSync } from 'node:child_process';
import { ensureCommand } from './install.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const WHAT = 'Chromium or Chrome, for the tests of the dashboard,';

/** Debian: the package is installed where no browser is found. Elsewhere: an error that says what is missing. */
export function ensureChromium(): void {
  if (findChromium() === null) ensureCommand('chromium', 'chromium', WHAT);
}

/** The path of the browser, or null. */
export function findChromium(): string | null {
  const found = NAMES.map((name) => spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }));
  return found.find(({ status }) => status === 0)?.stdout.trim() ?? null;
}
