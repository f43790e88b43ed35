import type pino from 'pino';
import type { Config } from '../config/types.js';
import { loadConfig, type Requirements } from '../config.js';
import { createLogger } from '../logger.js';
import { startApi } from '../start/api.js';
import { checkControlSchema } from '../start/check-schema.js';
import { type OnStop, runUntilStopped } from '../start/shutdown.js';
import { startWorker } from '../start/worker.js';
import type { Command } from './command.js';
import { parseOptions } from './parse-options.js';

/** Beyond the time that running loads are given: to give them back and to close connections. */
const STOP_MARGIN_MS = 30_000;

type Start = (config: Config, logger: pino.Logger, onStop: OnStop) => Promise<void>;

async function addWorker(config: Config, logger: pino.Logger, onStop: OnStop): Promise<void> {
  const { stop } = await startWorker(config, logger);
  onStop('worker', stop);
}

async function addApi(config: Config, logger: pino.Logger, onStop: OnStop): Promise<void> {
  const { stop } = await startApi(config, logger);
  onStop('api', stop);
}

const STOPPING = `SIGINT or SIGTERM stops it: it takes nothing new, lets running loads go on for COPYDOCK_SHUTDOWN_TIMEOUT_S
seconds (30) and gives the rest back to other workers. A second signal ends it at once. The tables of the control
database must be there: copydock migrate.
`;

/** The API stops first, so that nothing is accepted that this process can't start. */
export const serve = defineService(
  { queueUrl: true, apiKeys: true },
  `Usage: copydock serve

Serves the HTTP API on HOST and PORT (127.0.0.1:8080) and works on loads. Needs DATABASE_URL and QUEUE_URL.
${STOPPING}`,
  async (config, logger, onStop) => {
    await addWorker(config, logger, onStop);
    await addApi(config, logger, onStop);
  },
);

export const api = defineService(
  { queueUrl: true, apiKeys: true },
  `Usage: copydock api

Serves the HTTP API on HOST and PORT (127.0.0.1:8080); workers run elsewhere. Needs DATABASE_URL and QUEUE_URL.
${STOPPING}`,
  addApi,
);

export const worker = defineService(
  { queueUrl: true },
  `Usage: copydock worker

Works on loads of the environments in COPYDOCK_ENVIRONMENTS, or of all that have a database. Needs DATABASE_URL and
QUEUE_URL.
${STOPPING}`,
  addWorker,
);

function defineService(require: Requirements, help: string, start: Start): Command {
  return {
    help,
    run: async (args) => {
      parseOptions(args, {});
      const config = await loadConfig(undefined, {}, { require });
      const logger = createLogger(config.logLevel);
      await checkControlSchema(config.databaseUrl);
      const startAndStay = async (onStop: OnStop) => {
        await start(config, logger, onStop);
        return undefined;
      };
      return runUntilStopped(startAndStay, {
        deadlineMs: config.shutdownTimeoutMs + STOP_MARGIN_MS,
        logger,
      });
    },
  };
}
