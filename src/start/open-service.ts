import type pino from 'pino';
import type { Config } from '../config/types.js';
import type { Fleet } from '../loads/fleet.js';
import { LoadService } from '../loads/service.js';
import type { PoolUse } from '../metrics/pool-metrics.js';
import { ChangeFeed } from '../postgres/control-database/change-feed.js';
import { connectControl } from '../postgres/control-database/connection.js';
import { readFleet } from '../postgres/control-database/fleet.js';
import { PostgresLoadStore } from '../postgres/control-database/load-store.js';
import { PostgresWebhookOutbox } from '../postgres/control-database/webhook-outbox.js';
import { createPool, poolUse } from '../postgres/pool.js';
import { explainQueueFault } from '../queue/connection.js';
import { BullLoadQueue } from '../queue/load-queue.js';
import { API_POOL_CONNECTIONS } from './connection-budget.js';

/** A status read whose database fell silent is answered 503 rather than never. */
const CONTROL_QUERY_TIMEOUT_MS = 10_000;

export interface OpenService {
  service: LoadService;
  store: PostgresLoadStore;
  queue: BullLoadQueue;
  outbox: PostgresWebhookOutbox;
  /** For metrics. */
  readFleet(): Promise<Fleet>;
  poolUse(): PoolUse[];
  /** Lets the wake-ups under way be sent first. */
  close(): Promise<void>;
}

/** The service of loads with what it stands on: control database, queue, change feed. */
export function openService(config: Config, logger: pino.Logger, applicationName: string): OpenService {
  const control = createPool(config.databaseUrl, {
    applicationName,
    max: API_POOL_CONNECTIONS,
    queryTimeoutMs: CONTROL_QUERY_TIMEOUT_MS,
  });
  const store = new PostgresLoadStore(control, config.leaseMs);
  const queue = new BullLoadQueue(config.queueUrl, (error) =>
    logger.warn({ err: error }, explainQueueFault(error, config.queueUrl)),
  );
  const changes = new ChangeFeed({ databaseUrl: config.databaseUrl, logger });
  const service = new LoadService({ store, queue, changes, config, logger });
  return {
    service,
    store,
    queue,
    outbox: new PostgresWebhookOutbox(connectControl(control)),
    readFleet: async () => {
      const jobs = queue.countJobs(config.environments.keys()).catch(() => []);
      const fleet = await readFleet(control);
      const undelivered = fleet.undelivered.filter(({ env }) => config.environments.get(env)?.webhook);
      return { ...fleet, undelivered, queue: await jobs };
    },
    poolUse: () => [poolUse('api_control', control)],
    close: async () => {
      await service.settle();
      await Promise.allSettled([changes.stop(), queue.close(), control.end()]);
    },
  };
}
