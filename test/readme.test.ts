import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { findFreePort } from '../src/start/embedded/free-port.js';
import { startCopydock } from './cli/run-copydock.js';

const run = promisify(execFile);
const README = join(import.meta.dirname, '../README.md');
const PRINTED_PORT = '8080';
const SECTION = /## A session with curl\n([\s\S]*?)\n## /;
const STEP = /```sh\n([\s\S]*?)\n```\n\n```\w+\n([\s\S]*?)\n```/g;

/** Times, and the random end of staging prefixes, differ from run to run; nothing else may. */
function mask(text: string): string {
  return text
    .replace(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z/g, '<time>')
    .replace(/-\d{10}-[0-9a-f]{8}\//g, '-<seconds>-<random>/')
    .replace(/"(queued|staging|copying|committing|total)": [\d.]+/g, '"$1": <seconds>');
}

t.test("the README's curl session gives what the README prints", { timeout: 90_000 }, async (t) => {
  const [, section = ''] = SECTION.exec(await readFile(README, 'utf8')) ?? [];
  const steps = [...section.matchAll(STEP)].map(([, command = '', printed = '']) => ({ command, printed }));
  t.equal(steps.length, section.split('```sh').length - 1, 'each command has its answer');
  t.ok(steps.length >= 6, 'the session is there');

  const dataDir = await mkdtemp(join(tmpdir(), 'copydock-readme-'));
  t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  // The database's user, who is another one where the tests run as root, must be able to enter.
  await chmod(dataDir, 0o755);
  const port = String(await findFreePort());
  const dev = startCopydock(t, ['dev', '--data-dir', join(dataDir, 'data')], { PORT: port });
  await dev.printed(/Ctrl-C stops it/);

  for (const { command, printed } of steps) {
    const { stdout } = await run('bash', ['-c', command.replaceAll(PRINTED_PORT, port)]);
    t.equal(mask(stdout.trimEnd()), mask(printed), command.split('\n', 1).join(''));
  }

  dev.child.kill('SIGINT');
  t.equal((await dev.ended).exitCode, 0, 'Ctrl-C stops it');
});
