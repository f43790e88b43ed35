import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { ConnectionOptions } from 'bullmq';
import pg from 'pg';
import { connectTo } from '../config/postgres-connection.js';
import { FILE_PARAMETERS, readTlsFiles } from '../config/tls-files.js';
import { isPostgresUrl } from '../config/url-tls.js';
import { explainTlsFault } from '../loads/tls-fault.js';

/** Where wake-ups travel. */
export type QueueBackend =
  | { kind: 'redis'; connection: ConnectionOptions }
  | { kind: 'postgres'; connection: PostgresConnection };

export type PostgresConnection = ReturnType<typeof connectTo> & {
  schema: string;
  max: number;
  connectionTimeoutMillis: number;
  keepAlive: boolean;
  migrate: boolean;
  Client: typeof pg.Client;
};

/** A producer must fail fast, since the sweep makes good what it could not send; a worker must wait for ever. */
export type QueueSide = 'producer' | 'worker';

const CONNECT_TIMEOUT_MS = 2_000;
/** Schema of BullMQ's own tables on PostgreSQL. */
export const BULLMQ_SCHEMA = 'bullmq';

/**
 * Hazard: BullMQ checks a connection out to look at its tables and listens for no error of it meanwhile. Cut just then, an
 * ordinary one ends the process.
 */
class LastingClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', () => {});
  }
}

/** One queue per environment, so that a backlog of one never delays another. */
export function queueName(env: string): string {
  return `copydock-${env}`;
}

/** Whether the queue needs tables; it is in Redis otherwise. */
export function isInPostgres(queueUrl: string): boolean {
  return isPostgresUrl(queueUrl);
}

/** `redis://`, `rediss://` and `postgres://` (or `postgresql://`); the configuration has checked the scheme. */
export function queueBackend(queueUrl: string, side: QueueSide): QueueBackend {
  if (isInPostgres(queueUrl)) {
    return {
      kind: 'postgres',
      connection: {
        ...connectTo(queueUrl),
        schema: BULLMQ_SCHEMA,
        max: 4,
        connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
        keepAlive: true,
        // The services' role makes no tables: prepareQueue does.
        migrate: false,
        Client: LastingClient,
      },
    };
  }
  const connection = connectToRedis(queueUrl);
  return {
    kind: 'redis',
    connection:
      side === 'producer'
        ? { ...connection, maxRetriesPerRequest: 1, connectTimeout: CONNECT_TIMEOUT_MS }
        : { ...connection, maxRetriesPerRequest: null },
  };
}

/** With `rediss://` the certificate and its host are always checked, whatever NODE_TLS_REJECT_UNAUTHORIZED says. */
export function connectToRedis(queueUrl: string): { url: string; tls?: TlsOptions } {
  const url = new URL(queueUrl);
  if (url.protocol !== 'rediss:') return { url: queueUrl };
  const files = readTlsFiles(url.searchParams);
  for (const name of FILE_PARAMETERS) url.searchParams.delete(name);
  return { url: url.href, tls: { rejectUnauthorized: true, ...files } };
}

/** What the log says of a queue that can't be reached. A Redis without TLS waits for ever for the end of a first line. */
export function explainQueueFault(error: Error, queueUrl: string): string {
  const fault = explainTlsFault(error);
  if (fault !== null) {
    return `queue error: TLS failed: ${fault}; name the authority's file in sslrootcert of QUEUE_URL, and the host that the certificate is for`;
  }
  const isSilent = 'code' in error && error.code === 'ETIMEDOUT' && queueUrl.startsWith('rediss:');
  return isSilent
    ? 'queue error: no answer by TLS; QUEUE_URL must name a port of Redis that speaks TLS (tls-port), or be redis://'
    : 'queue error';
}
