import type { EnvironmentConfig } from '../config/types.js';

/** The pool of an API process. */
export const API_POOL_CONNECTIONS = 10;
/** Beside the pool: one that listens for changes. */
const API_CONNECTIONS = API_POOL_CONNECTIONS + 1;
/** Beside those of the loads. */
const EXTRA_WORKER_CONNECTIONS = 4;

type Concurrency = Pick<EnvironmentConfig, 'concurrency'>;

/** The pool of a worker that serves these environments. */
export function workerPoolConnections(environments: readonly Concurrency[]): number {
  return 2 * environments.reduce((sum, { concurrency }) => sum + concurrency, 0) + EXTRA_WORKER_CONNECTIONS;
}

/** Connections to the control database, at most, without those of a queue that is there, too. */
export function controlBudget(
  environments: readonly Concurrency[],
  processes: { apis: number; workers: number },
): number {
  // Beside its pool a worker has one that renews leases.
  return processes.apis * API_CONNECTIONS + processes.workers * (workerPoolConnections(environments) + 1);
}
