import type { Config, EnvironmentConfig } from '../../config/types.js';
import { DatabaseUrls } from '../../secrets/database-urls.js';
import { openSecretsManager } from '../../secrets/secrets-manager.js';
import { hasTarget } from '../served-environments.js';
import { type Check, failed } from './check.js';
import { checkBuckets } from './check-buckets.js';
import { checkControl } from './check-control.js';
import { checkQueue } from './check-queue.js';
import { checkRole } from './check-role.js';
import { checkTarget } from './check-target.js';

/**
 * Looks at everything that loads of these environments need, with the credentials of this process. Changes nothing, but for one
 * small object in each staging bucket, which is removed. `now`: milliseconds of this process's clock.
 */
export async function* examine(
  config: Config,
  environments: readonly EnvironmentConfig[],
  now: () => number = Date.now,
): AsyncGenerator<Check> {
  const control = yield* checkControl(config, environments, now);
  yield* checkQueue(config.queueUrl);
  const secrets = openSecretsManager(config);
  try {
    const urls = new DatabaseUrls(config.environments, secrets.read);
    for (const env of environments) {
      const hasRole = yield* checkRole(config, env);
      yield* hasTarget(env) ? checkTarget(env, urls, control) : [withoutTarget(env.name)];
      if (hasRole) yield* checkBuckets(config, env, now);
    }
  } finally {
    secrets.close();
  }
}

function withoutTarget(env: string): Check {
  const hint = `give environments.${env} a database_url or a database_secret_id`;
  return { subject: `target of ${env}`, check: 'connection', ...failed('there is none', hint) };
}
