import type { ConnectionOptions } from 'node:tls';
import { readTlsFiles, type TlsFiles } from './tls-files.js';
import { readTlsMode, TLS_PARAMETERS } from './url-tls.js';

/** A connection as the driver takes it, as data that may be sent to a thread; its URL says nothing of TLS any more. */
export interface Connection {
  connectionString: string;
  tls: false | (TlsFiles & { rejectUnauthorized: boolean; isHostChecked: boolean });
}

/**
 * Hazard: the driver takes require and verify-ca for verify-full until its next major version, and a variable of Node,
 * NODE_TLS_REJECT_UNAUTHORIZED, would end every check that is not asked for by name.
 * @throws ConfigError where a file can't be read
 */
export function readConnection(url: string): Connection {
  const parsed = new URL(url);
  const mode = readTlsMode(parsed.searchParams);
  const tls = mode !== null && {
    rejectUnauthorized: mode.isVerified,
    isHostChecked: mode.isHostChecked,
    ...readTlsFiles(parsed.searchParams),
  };
  for (const name of TLS_PARAMETERS) parsed.searchParams.delete(name);
  return { connectionString: parsed.href, tls };
}

/** The part of a client's or pool's configuration that says where and how to connect. */
export function connectTo(url: string): { connectionString: string; ssl: ConnectionOptions | false } {
  const { connectionString, tls } = readConnection(url);
  return { connectionString, ssl: tls && { ...tls, ...(tls.isHostChecked ? {} : { checkServerIdentity }) } };
}

/** Any host will do; the chain is still checked. */
function checkServerIdentity(): undefined {}
