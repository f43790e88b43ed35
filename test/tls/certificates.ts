import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { ensureCommand } from '../services/install.js';

export interface Authority {
  caFile: string;
  /** A certificate for the host name `localhost` and no other, not even its address. */
  certFile: string;
  keyFile: string;
}

/** An authority of the test's own and a certificate that it has signed, removed at the end of `t`. */
export async function makeAuthority(t: Test): Promise<Authority> {
  ensureCommand('openssl', 'openssl', 'OpenSSL 3 (the command openssl)');
  const folder = await mkdtemp(join(tmpdir(), 'copydock-tls-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const [caFile, caKeyFile] = [join(folder, 'ca.pem'), join(folder, 'ca.key')];
  const [certFile, keyFile] = [join(folder, 'server.pem'), join(folder, 'server.key')];
  makeCertificate(caFile, caKeyFile, ['-subj', '/CN=Authority of a test']);
  makeCertificate(certFile, keyFile, [
    ...['-CA', caFile, '-CAkey', caKeyFile, '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost'],
  ]);
  return { caFile, certFile, keyFile };
}

function makeCertificate(certFile: string, keyFile: string, args: string[]): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  execFileSync('openssl', ['req', '-x509', ...key, '-days', '2', '-out', certFile, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}
