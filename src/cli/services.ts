import type pino from 'pino';
import type { Config } from '../config/types.js';
import { loadConfig, type Requirements } from '../config.js';
import { createLogger } from '../logger.js';
import { ProcessMetrics } from '../metrics/process-metrics.js';
import { type RunningApi, startApi } from '../start/api.js';
import { checkControlSchema, checkQueueSchema } from '../start/check-schema.js';
import { type MetricsPortOptions, openMetricsPort } from '../start/metrics-port.js';
import { type OnStop, runUntilStopped } from '../start/shutdown.js';
import { type RunningWorker, startWorker } from '../start/worker.js';
import type { Command } from './command.js';
import { parseOptions } from './parse-options.js';

/** Beyond the time that running loads are given: to give them back and to close connections. */
const STOP_MARGIN_MS = 30_000;

interface Service {
  config: Config;
  logger: pino.Logger;
  metrics: ProcessMetrics;
  onStop: OnStop;
}

type Start = (service: Service) => Promise<void>;

async function addWorker({ config, logger, metrics, onStop }: Service): Promise<RunningWorker> {
  const worker = await startWorker(config, logger, metrics);
  onStop('worker', worker.stop);
  return worker;
}

async function addApi({ config, logger, metrics, onStop }: Service): Promise<RunningApi> {
  const api = await startApi(config, logger, metrics);
  onStop('api', api.stop);
  return api;
}

/** Stops last of all that listens, so that probes and Prometheus see the way down. */
async function addMetricsPort(
  { config, logger, onStop }: Service,
  { metrics, isReady }: Pick<MetricsPortOptions, 'metrics' | 'isReady'>,
): Promise<void> {
  if (config.metricsPort === null) return;
  const { stop } = await openMetricsPort({
    host: config.host,
    port: config.metricsPort,
    metrics,
    isReady,
    logger,
  });
  onStop('metrics port', stop);
}

const STOPPING = `SIGINT or SIGTERM stops it: it takes nothing new, lets running loads go on for COPYDOCK_SHUTDOWN_TIMEOUT_S
seconds (30) and gives the rest back to other workers. A second signal ends it at once. The tables of the control
database must be there: copydock migrate.
`;

/** The API stops first, so that nothing is accepted that this process can't start. */
export const serve = defineService(
  { queueUrl: true, apiKeys: true },
  `Usage: copydock serve

Serves the HTTP API on HOST and PORT (127.0.0.1:8080) and works on loads. Needs DATABASE_URL and QUEUE_URL. COPYDOCK_METRICS_PORT opens a port for /metrics, /livez and /readyz.
${STOPPING}`,
  async (service) => {
    await addWorker(service);
    await addMetricsPort(service, await addApi(service));
  },
);

export const api = defineService(
  { queueUrl: true, apiKeys: true },
  `Usage: copydock api

Serves the HTTP API on HOST and PORT (127.0.0.1:8080); workers run elsewhere. Needs DATABASE_URL and QUEUE_URL. COPYDOCK_METRICS_PORT opens a port for /metrics, /livez and /readyz.
${STOPPING}`,
  async (service) => addMetricsPort(service, await addApi(service)),
);

export const worker = defineService(
  { queueUrl: true },
  `Usage: copydock worker

Works on loads of the environments in COPYDOCK_ENVIRONMENTS, or of all that have a database. Needs DATABASE_URL and
QUEUE_URL. COPYDOCK_METRICS_PORT opens a port for /metrics, /livez and /readyz.
${STOPPING}`,
  async (service) => {
    const { isReady } = await addWorker(service);
    await addMetricsPort(service, { metrics: service.metrics, isReady });
  },
);

function defineService(require: Requirements, help: string, start: Start): Command {
  return {
    help,
    run: async (args) => {
      parseOptions(args, {});
      const config = await loadConfig(undefined, {}, { require });
      const logger = createLogger(config.logLevel);
      await checkControlSchema(config.databaseUrl);
      await checkQueueSchema(config.queueUrl);
      const startAndStay = async (onStop: OnStop) => {
        await start({ config, logger, metrics: new ProcessMetrics(), onStop });
        return undefined;
      };
      return runUntilStopped(startAndStay, {
        deadlineMs: config.shutdownTimeoutMs + STOP_MARGIN_MS,
        logger,
      });
    },
  };
}
