import type { Config } from '../config/types.js';
import { explainTlsFault } from '../loads/tls-fault.js';
import { hideUrlCredentials } from '../logger.js';

/** Environments by the identity of their target. */
export function groupByDatabase({ environments }: Pick<Config, 'environments'>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { name, databaseUrl, databaseSecret, databaseIdentity } of environments.values()) {
    if (databaseUrl === null && databaseSecret === null) continue;
    groups.set(databaseIdentity, [...(groups.get(databaseIdentity) ?? []), name]);
  }
  return groups;
}

/** A refused connection to a name with several addresses has no message of its own. */
export function explainDatabaseFault(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0)
    return explainDatabaseFault(error.errors[0]);
  const tlsFault = explainTlsFault(error);
  if (tlsFault !== null) return `TLS failed: ${tlsFault}; name the authority's file in sslrootcert`;
  return hideUrlCredentials(error instanceof Error ? error.message || error.name : String(error));
}
