import type { Config, EnvironmentConfig } from '../config/types.js';

/** Environments with a target, of those that COPYDOCK_ENVIRONMENTS names. */
export function servedEnvironments({
  environments,
  worker,
}: Pick<Config, 'environments' | 'worker'>): EnvironmentConfig[] {
  return [...environments.values()].filter(
    (env) => hasTarget(env) && (worker.environments === null || worker.environments.includes(env.name)),
  );
}

export function hasTarget({ databaseUrl, databaseSecret }: EnvironmentConfig): boolean {
  return databaseUrl !== null || databaseSecret !== null;
}
