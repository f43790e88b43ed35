import type pino from 'pino';
import type { Config } from '../config/types.js';
import { CopydockError } from '../loads/errors.js';
import type { Load } from '../loads/load.js';
import { isTerminal } from '../loads/load-status.js';
import { prepareLoad } from '../loads/prepare-load.js';
import type { LoadService } from '../loads/service.js';
import type { CancelOutcome } from '../loads/store.js';
import { withControlErrors } from '../postgres/control-database/unavailable.js';
import { migrateControl, migrateTarget } from '../postgres/migrate.js';
import { prepareQueue } from '../queue/prepare-queue.js';
import { DatabaseUrls } from '../secrets/database-urls.js';
import { openSecretsManager } from '../secrets/secrets-manager.js';
import { hasQueueTables } from './check-schema.js';
import { openService } from './open-service.js';
import { startWorker } from './worker.js';

/** The whole of a change is awaited, since changes that no reader sees raise no version. */
const CHANGE_TIMEOUT_MS = 5_000;
/** Other loads that the queue handed to this process are given back after so long. */
const OTHERS_TIMEOUT_MS = 10_000;
const PRINCIPAL = { name: 'command-line', environments: null, access: 'write' } as const;

export interface OneLoadOptions {
  body: unknown;
  /** Called with the accepted load, its changes, and its end. */
  onChange(load: Load): void;
  /** Called once the load can be cancelled, with the way to do it. */
  onCancellable(cancel: () => Promise<CancelOutcome | null>): void;
}

/**
 * Accepts a load and works on it in this process, which is a worker of the load's environment meanwhile. If another
 * worker took the load, follows it all the same. Resolves with the load as it ended.
 * @throws CopydockError with what is refused, before any database is touched
 */
export async function runOneLoad(
  config: Config,
  logger: pino.Logger,
  options: OneLoadOptions,
): Promise<Load> {
  const { request } = prepareLoad({ body: options.body, principal: PRINCIPAL }, config);
  await prepareDatabases(config, request.env, logger);
  const { service, close } = openService(config, logger, 'copydock load');
  try {
    const id = await workAndFollow(serveOnly(config, request.env), logger, service, options);
    return await readEnd(service, id);
  } finally {
    await close();
  }
}

/** Resolves with the load's id when the load is over and the worker has stopped. */
async function workAndFollow(
  config: Config,
  logger: pino.Logger,
  service: LoadService,
  { body, onChange, onCancellable }: OneLoadOptions,
): Promise<string> {
  const worker = await startWorker(config, logger);
  try {
    const { load } = await service.submit({ body, principal: PRINCIPAL });
    onCancellable(() => service.cancel(load.id));
    const work = worker.run(load);
    await follow(service, load, onChange);
    await work;
    return load.id;
  } finally {
    await worker.stop();
  }
}

/** A target that can't be prepared is left to the load, whose error says what is wrong with it. */
async function prepareDatabases(config: Config, env: string, logger: pino.Logger): Promise<void> {
  await withControlErrors(() => migrateControl(config.databaseUrl));
  if (!(await hasQueueTables(config.queueUrl))) {
    await withControlErrors(() => prepareQueue(config.queueUrl));
  }
  const secrets = openSecretsManager(config);
  try {
    await migrateTarget(await new DatabaseUrls(config.environments, secrets.read).urlOf(env));
  } catch (err) {
    logger.warn({ err }, 'the target was not migrated');
  } finally {
    secrets.close();
  }
}

function serveOnly(config: Config, env: string): Config {
  return {
    ...config,
    shutdownTimeoutMs: Math.min(config.shutdownTimeoutMs, OTHERS_TIMEOUT_MS),
    worker: { ...config.worker, environments: [env] },
  };
}

async function follow(service: LoadService, accepted: Load, onChange: (load: Load) => void): Promise<void> {
  const { signal } = new AbortController();
  let load = accepted;
  onChange(load);
  while (!isTerminal(load.status)) {
    const { version } = load;
    load = (await service.waitForChange(load.id, { version }, CHANGE_TIMEOUT_MS, signal)) ?? load;
    onChange(load);
  }
}

async function readEnd(service: LoadService, id: string): Promise<Load> {
  const load = await service.get(id);
  if (load === null) throw new CopydockError('load_gone', `The load ${id} is no longer kept.`);
  return load;
}
