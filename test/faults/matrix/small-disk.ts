import { execFile } from 'node:child_process';
import { chown, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findServerUser } from '../../../src/start/embedded/postgres-binaries.js';
import type { Ground } from '../harness/servers.js';

const run = promisify(execFile);
const SIZE_BYTES = 16 * 1024 * 1024;
/** Filling a larger one would take memory that others need. */
const LARGEST_SHARED_BYTES = 256 * 1024 * 1024;
const SHARED_MEMORY = '/dev/shm';

/** A folder for a tablespace, on a file system that can be filled to the last byte. */
export interface SmallDisk {
  folder: string;
  fill(): Promise<void>;
  free(): Promise<void>;
}

/** A tmpfs of its own; where nothing may be mounted, the container's small /dev/shm. */
export async function openSmallDisk(ground: Ground): Promise<SmallDisk> {
  const root = (await mountDisk(ground)) ?? (await useSharedMemory());
  const folder = await mkdtemp(join(root, 'tablespace-'));
  const { ids } = await findServerUser();
  if (ids.uid !== undefined) await chown(folder, ids.uid, ids.gid ?? ids.uid);
  const filler = join(root, `filler-${process.pid}`);
  const free = () => rm(filler, { force: true });
  ground.teardown(async () => {
    await free();
    await rm(folder, { recursive: true, force: true });
  });
  return { folder, fill: () => fillWith(root, filler), free };
}

async function mountDisk(ground: Ground): Promise<string | null> {
  const root = await mkdtemp(join(tmpdir(), 'copydock-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_BYTES},mode=0755`, 'tmpfs', root]);
  } catch {
    await rm(root, { recursive: true, force: true });
    return null;
  }
  ground.teardown(async () => {
    await run('umount', ['--lazy', root]);
    await rm(root, { recursive: true, force: true });
  });
  return root;
}

async function useSharedMemory(): Promise<string> {
  const { bsize, blocks } = await statfs(SHARED_MEMORY);
  if (bsize * blocks <= LARGEST_SHARED_BYTES) return SHARED_MEMORY;
  throw new Error('A full disk needs the right to mount a tmpfs, or a /dev/shm of at most 256 MiB.');
}

async function fillWith(root: string, filler: string): Promise<void> {
  const { bsize, bavail } = await statfs(root);
  await writeFile(filler, Buffer.alloc(bsize * bavail));
  const { bavail: left } = await statfs(root);
  if (left > 0) throw new Error(`${left} blocks of ${root} are left`);
}
