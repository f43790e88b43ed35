import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../run-command.js';

/** Images and layers are kept between runs: only what changed is built again. */
const FOLDER = join(import.meta.dirname, '../../.cache/image');
const POLICY = join(FOLDER, 'policy.json');
const STORAGE = [
  '--root',
  join(FOLDER, 'storage'),
  '--runroot',
  join(FOLDER, 'run'),
  '--storage-driver',
  findDriver(),
];
/** Without an engine, a registry and namespaces of its own: it works in a container, too. */
const ISOLATION = 'chroot';

/** Runs buildah and answers what it printed; its messages go to standard error. */
export function buildah(...args: string[]): string {
  return run('buildah', [...STORAGE, ...args]);
}

export function hasImage(name: string): boolean {
  return spawnSync('buildah', [...STORAGE, 'inspect', '--type', 'image', name]).status === 0;
}

/** Commits a container as an image and removes the container. */
export function commitImage(container: string, name: string): void {
  buildah('--signature-policy', writePolicy(), 'commit', '--quiet', '--rm', container, name);
}

/**
 * Builds the Dockerfile of a folder. npm within the build trusts the host's certificates, since what stands between it
 * and the registry is the host's business.
 */
export async function buildImage(folder: string, name: string): Promise<void> {
  const args = [
    ...STORAGE,
    '--signature-policy',
    writePolicy(),
    'build',
    '--layers',
    '--pull-never',
    '--network=host',
    '--format=docker',
    '--volume=/etc/ssl/certs:/etc/ssl/certs:ro',
    `--tag=${name}`,
    folder,
  ];
  const env = { ...process.env, BUILDAH_ISOLATION: ISOLATION };
  const child = spawn('buildah', args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => lines.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => lines.push(chunk));
  const status = await new Promise((resolve) => child.on('close', resolve));
  if (status !== 0) throw new Error(`buildah build ended with ${status}:\n${Buffer.concat(lines)}`);
}

/** Pulls nothing and pushes nothing, so there is nothing whose signature could be checked. */
function writePolicy(): string {
  writeFileSync(POLICY, JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
  return POLICY;
}

/** An overlay can't stand on another one, as within a container. */
function findDriver(): 'overlay' | 'vfs' {
  mkdirSync(FOLDER, { recursive: true });
  return run('stat', ['--file-system', '--format=%T', FOLDER]) === 'overlayfs' ? 'vfs' : 'overlay';
}
