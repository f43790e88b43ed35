import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { startEmbeddedPostgres } from '../../src/start/embedded/postgres.js';

const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '150' };

/** Makes a server of other programs the one that this process's tests make their databases in. */
export async function useServer(t: Test, programs: string | undefined): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'copydock-version-'));
  const server = await startEmbeddedPostgres({
    dataDir,
    persistent: false,
    settings: SETTINGS,
    ...(programs === undefined ? {} : { programs }),
  });
  t.teardown(async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  process.env.TEST_DATABASE_URL = server.url;
}
