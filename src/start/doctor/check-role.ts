import type { Config, EnvironmentConfig } from '../../config/types.js';
import { assumeRole } from '../../secrets/assume-role.js';
import { type Check, look, ok } from './check.js';

const HINT = 'look at deploy/aws/role-trust-policy.json and deploy/aws/assume-roles-policy.json';

/** Answers whether the environment's buckets can be asked at all: as its role, or without one. */
export async function* checkRole(
  config: Config,
  env: EnvironmentConfig,
): AsyncGenerator<Check, boolean, undefined> {
  const assume = assumeRole(config, env);
  if (assume === undefined || env.role === null) return true;
  const { arn } = env.role;
  const check = await look(
    `role of ${env.name}`,
    'assume',
    async () => {
      await assume();
      return ok(`${arn} is assumed`);
    },
    HINT,
  );
  yield check;
  return check.status === 'ok';
}
