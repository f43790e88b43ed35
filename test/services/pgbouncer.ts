import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { findFreePort } from '../../src/start/embedded/free-port.js';
import { withClient } from './database.js';
import { ensureCommand } from './install.js';
import { checkRunning, spawnServer, waitUntil } from './processes.js';

const READY_TIMEOUT_MS = 20_000;
/** Debian has it where only root looks. */
const FOLDERS = `${process.env.PATH ?? ''}:/usr/sbin`;

/** Debian and Ubuntu: the package is installed. Elsewhere: an error that says what is missing. */
export function ensurePgbouncer(): void {
  if (spawnSync('pgbouncer', ['--version'], { env: { PATH: FOLDERS } }).status === 0) return;
  ensureCommand('pgbouncer', 'pgbouncer', 'PgBouncer (the command pgbouncer), for the tests of poolers,');
}

/** A PgBouncer before that database, gone at the end of `t`. Returns the database's URL through it. */
export async function startPgbouncer(
  t: Test,
  databaseUrl: string,
  poolMode: 'transaction' | 'session',
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'copydock-pgbouncer-'));
  await chmod(folder, 0o755);
  const port = await findFreePort();
  const config = join(folder, 'pgbouncer.ini');
  await writeFile(config, settings(databaseUrl, port, poolMode));
  // It refuses to run as root.
  const args = process.getuid?.() === 0 ? ['-u', 'nobody', config] : [config];
  const logFile = join(folder, 'log');
  const server = spawnServer('pgbouncer', args, { logFile, cwd: folder, env: { PATH: FOLDERS } });
  t.teardown(async () => {
    const ended = once(server, 'exit');
    server.ref();
    if (server.exitCode === null && server.kill('SIGKILL')) await ended;
    await rm(folder, { recursive: true, force: true });
  });
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  await waitUntil('An answer of PgBouncer', READY_TIMEOUT_MS, async () => {
    checkRunning(server, 'PgBouncer', logFile);
    return await withClient(url.href, (client) => client.query('SELECT')).then(
      () => true,
      () => false,
    );
  });
  return url.href;
}

function settings(databaseUrl: string, port: number, poolMode: string): string {
  const { hostname, port: serverPort, username, password, pathname } = new URL(databaseUrl);
  const server = `host=${hostname} port=${serverPort} user=${username} password=${password}`;
  return `[databases]
${pathname.slice(1)} = ${server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${poolMode}
ignore_startup_parameters = extra_float_digits
`;
}
