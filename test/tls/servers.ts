import { chown, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import type { Test } from 'tap';
import { startEmbeddedPostgres } from '../../src/start/embedded/postgres.js';
import { findServerUser } from '../../src/start/embedded/postgres-binaries.js';
import { serveRelay } from '../services/serve-relay.js';
import type { Authority } from './certificates.js';

/** A PostgreSQL that offers TLS, of the test's own. Returns its superuser's URL, by the name `localhost`. */
export async function startTlsPostgres(t: Test, { certFile, keyFile }: Authority): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'copydock-tls-pg-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const { uid, gid } = (await findServerUser()).ids;
  if (uid !== undefined) await chown(folder, uid, gid ?? uid);
  const settings: Record<string, string> = { ssl: 'on', fsync: 'off', max_connections: '100' };
  for (const [name, file] of Object.entries({ ssl_cert_file: certFile, ssl_key_file: keyFile })) {
    settings[name] = join(folder, name);
    await cp(file, settings[name]);
    if (uid !== undefined) await chown(settings[name], uid, gid ?? uid);
  }
  const dataDir = join(folder, 'data');
  const { url, stop } = await startEmbeddedPostgres({ dataDir, persistent: false, settings });
  t.teardown(stop);
  return url.replace('@127.0.0.1:', '@localhost:');
}

/** Speaks TLS for the server of a URL that speaks none. Returns its port. */
export async function startTlsProxy(t: Test, target: string, authority: Authority): Promise<number> {
  const [cert, key] = await Promise.all([readFile(authority.certFile), readFile(authority.keyFile)]);
  const { port } = await serveRelay(t, target, (onClient) => tls.createServer({ cert, key }, onClient));
  return port;
}
