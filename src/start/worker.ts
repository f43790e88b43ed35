import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import type pino from 'pino';
import type { Config, EnvironmentConfig } from '../config/types.js';
import { startSweep, sweepIntervalMs } from '../loads/sweep.js';
import { LoadMetrics } from '../metrics/load-metrics.js';
import { measureBuffers } from '../metrics/pool-metrics.js';
import { ProcessMetrics } from '../metrics/process-metrics.js';
import { connectControl } from '../postgres/control-database/connection.js';
import { PostgresLoadStore } from '../postgres/control-database/load-store.js';
import { raiseWake } from '../postgres/control-database/order.js';
import { PostgresWebhookOutbox } from '../postgres/control-database/webhook-outbox.js';
import { readControlId, reportWorkerAlive, reportWorkerGone } from '../postgres/control-database/workers.js';
import { createPool, poolUse } from '../postgres/pool.js';
import { TargetPools } from '../postgres/target-database/target-pools.js';
import { explainQueueFault } from '../queue/connection.js';
import { BullLoadQueue } from '../queue/load-queue.js';
import { openLoadWorker } from '../queue/load-worker.js';
import { createS3Client } from '../s3/client.js';
import { assumeRole } from '../secrets/assume-role.js';
import { DatabaseUrls } from '../secrets/database-urls.js';
import { openSecretsManager } from '../secrets/secrets-manager.js';
import { openTracing } from '../tracing/open-tracing.js';
import { answerWake } from '../worker/answer-wake.js';
import { SlabPool } from '../worker/cut/slab-pool.js';
import type { WorkerDeps } from '../worker/deps.js';
import { LeaseKeeper } from '../worker/lease/lease-keeper.js';
import { startPruning } from '../worker/prune-targets.js';
import { TempSpace } from '../worker/read/temp-space.js';
import { workerPoolConnections } from './connection-budget.js';
import { servedEnvironments } from './served-environments.js';
import { startWebhooks } from './webhooks.js';
import { within } from './within.js';

const HEARTBEAT_INTERVAL_MS = 5_000;
/** After they were told to stop, loads get this long to give back what they hold. */
const ABORT_TIMEOUT_MS = 10_000;

export interface RunningWorker {
  environments: string[];
  /** Works on one load at once, without waiting for its wake-up to come by the queue. */
  run(load: { id: string; env: string }): Promise<void>;
  /** Whether the control database knows that this worker lives. */
  isReady(): Promise<boolean>;
  /** Takes no more loads, lets those under way end within the shutdown timeout, then gives them back. */
  stop(): Promise<void>;
}

/** Each environment's buckets are asked in a way of their own. */
type ServedEnvironment = EnvironmentConfig & Pick<WorkerDeps, 's3'>;

/** Starts a worker for the environments that it is configured to serve. */
export async function startWorker(
  config: Config,
  logger: pino.Logger,
  metrics = new ProcessMetrics(),
): Promise<RunningWorker> {
  const environments = servedEnvironments(config);
  const pool = createPool(config.databaseUrl, {
    applicationName: 'copydock worker',
    max: workerPoolConnections(environments),
    // A control database that fell silent must not hold a load longer than its lease.
    queryTimeoutMs: config.leaseMs,
  });
  const control = connectControl(pool);
  const logError = (error: Error) => logger.warn({ err: error }, explainQueueFault(error, config.queueUrl));
  const queue = new BullLoadQueue(config.queueUrl, logError);
  const secrets = openSecretsManager(config);
  const tracing = await openTracing(config, logger);
  const urls = new DatabaseUrls(config.environments, secrets.read);
  const deps: Omit<WorkerDeps, 's3'> = {
    workerId: `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`,
    config,
    logger,
    control,
    controlId: await readControlId(control),
    targets: new TargetPools(config.environments, urls),
    queue,
    slabs: new SlabPool({ slabBytes: config.worker.partSizeBytes, totalBytes: config.worker.bufferBytes }),
    temp: new TempSpace(config.worker.tempMaxBytes),
    leases: new LeaseKeeper(config.databaseUrl, config.leaseMs, (error) =>
      logger.error({ err: error }, 'lease thread failed'),
    ),
    metrics: new LoadMetrics(metrics.registry),
    givenBack: [],
    tracer: tracing.tracer,
  };
  metrics.pools.push(() => [poolUse('worker_control', pool), ...deps.targets.use()]);
  measureBuffers(metrics.registry, () => deps.slabs.use());
  const names = environments.map(({ name }) => name);
  const served = environments.map((env) => ({
    ...env,
    s3: createS3Client(config.s3, env.buckets, assumeRole(config, env)),
  }));
  const active = new Set<Promise<void>>();
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  /** A fetch that was under way at the pause may still bring a wake-up: the sweep of another worker sends it again. */
  const answer = (env: ServedEnvironment, loadId: string, isOnlyFor: boolean) =>
    track(active, answerWake({ ...deps, s3: env.s3 }, { env, loadId, isOnlyFor, signal: stopping.signal }));
  const workers = served.map((env) =>
    openLoadWorker({
      queueUrl: config.queueUrl,
      env: env.name,
      concurrency: env.concurrency,
      onWake: (loadId) => answer(env, loadId, false),
      onError: logError,
    }),
  );
  let aliveAt = Number.NEGATIVE_INFINITY;
  const reportAlive = async () => {
    await reportWorkerAlive(control, deps.workerId, names);
    aliveAt = performance.now();
  };
  await reportAlive();
  const heartbeat = setInterval(() => {
    reportAlive().catch(logError);
  }, HEARTBEAT_INTERVAL_MS);
  const sweep = startSweep({
    store: new PostgresLoadStore(pool, config.leaseMs),
    queue,
    intervalMs: sweepIntervalMs(config.leaseMs),
    retentionDays: config.retention.loadsDays,
    logger,
    onSwept: (swept) => metrics.countSweep(swept),
  });
  const stopPruning = startPruning(deps, names);
  const outbox = new PostgresWebhookOutbox(control);
  const stopWebhooks = startWebhooks({ config, names, outbox, logger, metrics });
  logger.info({ worker: deps.workerId, environments: names }, 'worker started');

  const stop = async () => {
    stopping.abort();
    clearInterval(heartbeat);
    stopPruning();
    await sweep.stop();
    await Promise.allSettled(workers.map((worker) => within(worker.pause(), ABORT_TIMEOUT_MS)));
    await within(Promise.allSettled(active), config.shutdownTimeoutMs);
    deps.leases.stopAll('shutdown');
    await within(Promise.allSettled(active), ABORT_TIMEOUT_MS);
    await stopWebhooks();
    await reportWorkerGone(control, deps.workerId).catch(logError);
    await Promise.allSettled(workers.map((worker) => within(worker.close(), ABORT_TIMEOUT_MS)));
    await within(wakeGivenBack(deps), ABORT_TIMEOUT_MS);
    await within(deps.leases.close(), ABORT_TIMEOUT_MS);
    await within(Promise.allSettled([queue.close(), deps.targets.close(), pool.end()]), ABORT_TIMEOUT_MS);
    for (const { s3 } of served) s3.destroy();
    secrets.close();
    await deps.temp.close();
    await tracing.close();
    logger.info({ worker: deps.workerId }, 'worker stopped');
  };
  const run = async (load: { id: string; env: string }) => {
    const env = served.find(({ name }) => name === load.env);
    if (env !== undefined) await answer(env, load.id, true);
  };
  const isReady = async () =>
    !stopping.signal.aborted && performance.now() - aliveAt < 3 * HEARTBEAT_INTERVAL_MS;
  return { environments: names, run, isReady, stop };
}

/**
 * Hazard: a consumer that closes may take one more job with it, which then counts as active for up to a minute, and a
 * queue ignores a wake-up that it holds already. So these are sent after it closed, under a new number.
 */
async function wakeGivenBack({ control, queue, givenBack }: Omit<WorkerDeps, 's3'>): Promise<void> {
  const woken = givenBack.map(async (load) => queue.wake(await raiseWake(control, load)));
  await Promise.allSettled(woken);
}

async function track(active: Set<Promise<void>>, work: Promise<void>): Promise<void> {
  active.add(work);
  try {
    await work;
  } finally {
    active.delete(work);
  }
}
