import type pino from 'pino';
import type { Config } from '../config/types.js';
import { LoadService } from '../loads/service.js';
import { ChangeFeed } from '../postgres/control-database/change-feed.js';
import { PostgresLoadStore } from '../postgres/control-database/load-store.js';
import { createPool } from '../postgres/pool.js';
import { BullLoadQueue } from '../queue/load-queue.js';

const CONTROL_CONNECTIONS = 10;
/** A status read whose database fell silent is answered 503 rather than never. */
const CONTROL_QUERY_TIMEOUT_MS = 10_000;

export interface OpenService {
  service: LoadService;
  store: PostgresLoadStore;
  queue: BullLoadQueue;
  /** Lets the wake-ups under way be sent first. */
  close(): Promise<void>;
}

/** The service of loads with what it stands on: control database, queue, change feed. */
export function openService(config: Config, logger: pino.Logger, applicationName: string): OpenService {
  const control = createPool(config.databaseUrl, {
    applicationName,
    max: CONTROL_CONNECTIONS,
    queryTimeoutMs: CONTROL_QUERY_TIMEOUT_MS,
  });
  const store = new PostgresLoadStore(control);
  const queue = new BullLoadQueue(config.queueUrl, (error) => logger.warn({ err: error }, 'queue error'));
  const changes = new ChangeFeed({ databaseUrl: config.databaseUrl, logger });
  const service = new LoadService({ store, queue, changes, config, logger });
  return {
    service,
    store,
    queue,
    close: async () => {
      await service.settle();
      await Promise.allSettled([changes.stop(), queue.close(), control.end()]);
    },
  };
}
