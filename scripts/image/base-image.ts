import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../run-command.js';
import { buildah, commitImage, hasImage } from './buildah.js';

/** `node:22-bookworm-slim`: the Node line and Debian's release. */
const NAME = /^node:(\d+)-(\w+)-slim$/;
const PACKAGES = 'ca-certificates,libatomic1,libstdc++6';

/**
 * Makes what the official image of that name has, from Debian's packages and Node's npm package, for machines that
 * reach no registry of images. Kept once it is made.
 */
export async function ensureBaseImage(name: string): Promise<void> {
  const [, line, release] = NAME.exec(name) ?? [];
  if (line === undefined || release === undefined) {
    throw new Error(`FROM ${name}: only node:<line>-<Debian's release>-slim can be made here.`);
  }
  const image = `docker.io/library/${name}`;
  if (hasImage(image)) return;
  const folder = await mkdtemp(join(tmpdir(), 'copydock-base-'));
  try {
    const root = join(folder, 'root');
    run('mmdebstrap', ['--quiet', '--variant=minbase', `--include=${PACKAGES}`, release, root]);
    await addNode(root, line, join(folder, 'npm'));
    commitRoot(root, line, image);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function addNode(root: string, line: string, folder: string): Promise<void> {
  await mkdir(folder);
  run('npm', ['init', '--yes', '--silent'], { cwd: folder });
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', `node@${line}`, 'npm@11'], { cwd: folder });
  const modules = join(folder, 'node_modules');
  const local = join(root, 'usr/local');
  await cp(join(modules, 'node/bin/node'), join(local, 'bin/node'));
  await cp(join(modules, 'npm'), join(local, 'lib/node_modules/npm'), { recursive: true });
  for (const command of ['npm', 'npx']) {
    await symlink(`../lib/node_modules/npm/bin/${command}-cli.js`, join(local, 'bin', command));
  }
  await mkdir(join(local, 'etc'), { recursive: true });
  await writeFile(join(local, 'etc/npmrc'), 'cafile=/etc/ssl/certs/ca-certificates.crt\n');
  run('chroot', [root, 'groupadd', '--gid', '1000', 'node']);
  run('chroot', [root, 'useradd', '--uid', '1000', '--gid', 'node', '--create-home', 'node']);
}

function commitRoot(root: string, line: string, image: string): void {
  const container = buildah('from', 'scratch');
  const mount = buildah('mount', container);
  run('cp', ['--archive', `${root}/.`, mount]);
  buildah('umount', container);
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  buildah('config', '--cmd', '["node"]', '--env', path, '--env', `NODE_VERSION=${line}`, container);
  commitImage(container, image);
}
