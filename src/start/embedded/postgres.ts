import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { findFreePort } from './free-port.js';
import {
  findClosedFolder,
  findPostgresBinaries,
  findServerUser,
  type PostgresBinaries,
  type ServerUser,
} from './postgres-binaries.js';
import { endStalePostmaster, isAlive, readPostmasterPid } from './stale-postmaster.js';

const run = promisify(execFile);
const PORT_TRIES = 3;

export interface EmbeddedPostgresOptions {
  /** Everything of the server lives below: cluster, password, log. */
  dataDir: string;
  /** Without one, a free port. */
  port?: number;
  /** false: the folder is removed by `stop`. */
  persistent: boolean;
  /** Server settings by name, such as `fsync: 'off'`. */
  settings?: Record<string, string>;
  /** A folder with another PostgreSQL's `bin`, instead of the package's. */
  programs?: string;
  /** true: the server goes on when this process ends. */
  outlive?: boolean;
}

export interface EmbeddedPostgres {
  /** Superuser, database `postgres`, on loopback. */
  url: string;
  stop(): Promise<void>;
}

interface Server {
  dataDir: string;
  cluster: string;
  user: ServerUser;
  binaries: PostgresBinaries;
}

/**
 * A real PostgreSQL, 18 from npm where nothing else is said, in its own process group: a Ctrl-C on the terminal reaches it only through `stop`.
 * A server that a killed run left on this folder is ended first.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  const user = await findServerUser();
  await makeDataFolder(dataDir, user);
  const binaries = await findPostgresBinaries(user, join(dataDir, 'native'), options.programs);
  const server = { dataDir, cluster: join(dataDir, 'cluster'), user, binaries };
  await checkNotInUse(server);
  await endStalePostmaster(server.cluster);
  await writeFile(ownerFile(dataDir), String(options.outlive ? 0 : process.pid));
  const password = await initialiseCluster(server);
  const port = await startOnPort(server, options);
  const endWithProcess = () => signalServer(server.cluster);
  if (!options.outlive) process.once('exit', endWithProcess);
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    stop: async () => {
      await controlServer(server, ['stop', '--mode=fast', '--timeout=30']);
      process.removeListener('exit', endWithProcess);
      if (!options.persistent) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Two runs on one folder would take the server from each other. */
async function checkNotInUse({ dataDir, cluster }: Server): Promise<void> {
  const owner = Number(await readFile(ownerFile(dataDir), 'utf8').catch(() => '0'));
  if (owner > 0 && isAlive(owner) && readPostmasterPid(cluster) !== null) {
    throw new Error(`Process ${owner} uses ${dataDir}: stop it first, or choose another folder.`);
  }
}

function ownerFile(dataDir: string): string {
  return join(dataDir, 'owner.pid');
}

async function makeDataFolder(dataDir: string, user: ServerUser): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  if (user.ids.uid !== undefined) {
    await chown(dataDir, user.ids.uid, user.ids.gid);
    await chmod(dataDir, 0o700);
  }
  const closed = await findClosedFolder(dataDir, user);
  if (closed) {
    throw new Error(
      `The embedded PostgreSQL runs as the user ${user.name}, who may not enter ${closed}: run chmod o+x ${closed}, work in another folder, or run as a user other than root.`,
    );
  }
}

/** Makes the cluster on first use. Returns the superuser's password, which is kept beside it. */
async function initialiseCluster({ dataDir, cluster, user, binaries }: Server): Promise<string> {
  const passwordFile = join(dataDir, 'password');
  if (await isComplete(cluster)) return (await readFile(passwordFile, 'utf8')).trim();
  await rm(cluster, { recursive: true, force: true });
  const password = randomBytes(16).toString('hex');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user.ids.uid !== undefined) await chown(passwordFile, user.ids.uid, user.ids.gid);
  await runAsServer(binaries.initdb, user, [
    `--pgdata=${cluster}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ]);
  return password;
}

/** initdb killed half-way leaves a folder without this file, which it writes last but one. */
async function isComplete(cluster: string): Promise<boolean> {
  return await stat(join(cluster, 'global', 'pg_control')).then(
    () => true,
    () => false,
  );
}

async function startOnPort(server: Server, options: EmbeddedPostgresOptions): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await findFreePort(options.port);
    try {
      await startServer(server, port, options.settings ?? {});
      return port;
    } catch (error) {
      if (options.port || attempt === PORT_TRIES) throw error;
    }
  }
}

async function startServer(server: Server, port: number, settings: Record<string, string>): Promise<void> {
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    ...settings,
    port,
  };
  const flags = Object.entries(all).map(([name, value]) => `-c ${name}='${value}'`);
  const log = join(server.dataDir, 'postgres.log');
  try {
    await controlServer(server, [
      'start',
      '--wait',
      '--timeout=60',
      `--log=${log}`,
      `--options=${flags.join(' ')}`,
    ]);
  } catch (error) {
    const lines = (await readFile(log, 'utf8').catch(() => ''))
      .split('\n')
      .filter((line) => /FATAL|ERROR|could not/.test(line));
    throw new Error(
      `The embedded PostgreSQL did not start: ${lines.at(-1) ?? 'no reason given'} (see ${log})`,
      {
        cause: error,
      },
    );
  }
}

async function controlServer({ binaries, user, cluster }: Server, args: string[]): Promise<void> {
  await runAsServer(binaries.pgCtl, user, [...args, `--pgdata=${cluster}`]);
}

/** With a small environment of its own: PG* variables of the caller must not reach the server. */
async function runAsServer(program: string, user: ServerUser, args: string[]): Promise<void> {
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C', LC_ALL: 'C', TZ: 'UTC' };
  await run(program, args, { ...user.ids, cwd: '/', env });
}

function signalServer(cluster: string): void {
  const pid = readPostmasterPid(cluster);
  if (pid !== null) process.kill(pid, 'SIGINT');
}
