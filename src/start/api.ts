import type { AddressInfo } from 'node:net';
import type pino from 'pino';
import type { Config } from '../config/types.js';
import { buildApp } from '../http/app.js';
import { startSweep, sweepIntervalMs } from '../loads/sweep.js';
import { ApiMetrics } from '../metrics/api-metrics.js';
import { ProcessMetrics } from '../metrics/process-metrics.js';
import { openTracing } from '../tracing/open-tracing.js';
import { openService } from './open-service.js';
import { startWebhooks } from './webhooks.js';

/** A load balancer needs this long to see that the process is no longer ready. */
const UNREADY_BEFORE_CLOSE_MS = 500;
const CLOSE_TIMEOUT_MS = 10_000;

export interface RunningApi {
  /** `http://host:port` as it listens. */
  url: string;
  /** Of the process and of the fleet. */
  metrics: Pick<ApiMetrics, 'render'>;
  isReady(): Promise<boolean>;
  stop(): Promise<void>;
}

/** Starts the HTTP service. It sweeps and sends webhooks, too, so that deadlines pass and are told while no worker lives. */
export async function startApi(
  config: Config,
  logger: pino.Logger,
  metrics = new ProcessMetrics(),
): Promise<RunningApi> {
  const open = openService(config, logger, 'copydock api');
  const { service, store, queue, outbox, close, readFleet, poolUse } = open;
  metrics.pools.push(poolUse);
  const apiMetrics = new ApiMetrics(metrics, readFleet);
  const tracing = await openTracing(config, logger);
  let isStopping = false;
  const app = await buildApp({
    service,
    config,
    logger,
    metrics: apiMetrics,
    tracer: tracing.tracer,
    isStopping: () => isStopping,
  });
  await app.listen({ host: config.host, port: config.port });
  const sweep = startSweep({
    store,
    queue,
    intervalMs: sweepIntervalMs(config.leaseMs),
    retentionDays: config.retention.loadsDays,
    logger,
    onSwept: (swept) => metrics.countSweep(swept),
  });
  const names = config.environments.keys();
  const stopWebhooks = startWebhooks({ config, names, outbox, logger, metrics });
  const url = listeningUrl(config.host, app.server.address() as AddressInfo);
  logger.info({ url }, 'listening');
  return {
    url,
    metrics: apiMetrics,
    isReady: async () => !isStopping && (await service.isReady()),
    stop: async () => {
      isStopping = true;
      await pause(UNREADY_BEFORE_CLOSE_MS);
      await Promise.race([app.close(), pause(CLOSE_TIMEOUT_MS)]);
      await sweep.stop();
      await stopWebhooks();
      await close();
      await tracing.close();
      logger.info('api stopped');
    },
  };
}

function listeningUrl(host: string, { port }: AddressInfo): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
