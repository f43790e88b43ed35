import type { ConnectionOptions } from 'bullmq';
import pg from 'pg';

/** Where wake-ups travel. */
export type QueueBackend =
  | { kind: 'redis'; connection: ConnectionOptions }
  | { kind: 'postgres'; connection: PostgresConnection };

export type PostgresConnection = {
  connectionString: string;
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
  return /^postgres(ql)?:/.test(queueUrl);
}

/** `redis://`, `rediss://` and `postgres://` (or `postgresql://`); the configuration has checked the scheme. */
export function queueBackend(queueUrl: string, side: QueueSide): QueueBackend {
  if (isInPostgres(queueUrl)) {
    return {
      kind: 'postgres',
      connection: {
        connectionString: queueUrl,
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
  const connection =
    side === 'producer'
      ? {
          url: queueUrl,
          maxRetriesPerRequest: 1,
          connectTimeout: CONNECT_TIMEOUT_MS,
        }
      : { url: queueUrl, maxRetriesPerRequest: null };
  return { kind: 'redis', connection };
}
