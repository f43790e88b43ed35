import { pruneCommitted } from '../postgres/target-database/prune-committed.js';
import type { WorkerDeps } from './deps.js';

type PruneDeps = Pick<WorkerDeps, 'targets' | 'config' | 'logger'>;

const INTERVAL_MS = 600_000;

/** Now and then lets the targets of these environments forget the oldest loads. Returns the way to stop. */
export function startPruning(deps: PruneDeps, environments: readonly string[]): () => void {
  const timer = setInterval(() => {
    void pruneTargets(deps, environments);
  }, INTERVAL_MS);
  return () => clearInterval(timer);
}

async function pruneTargets(
  { targets, config, logger }: PruneDeps,
  environments: readonly string[],
): Promise<void> {
  for (const env of environments) {
    try {
      const pruned = await pruneCommitted(await targets.open(env), config.retention.committedDays);
      if (pruned > 0) logger.info({ env, pruned }, 'the target forgot loads that were applied long ago');
    } catch (error) {
      logger.warn({ err: error, env }, 'the target was not pruned');
    }
  }
}
