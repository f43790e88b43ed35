import type { Test } from 'tap';
import { loadConfig } from '../../../src/config.js';
import type { Check, CheckStatus } from '../../../src/start/doctor/check.js';
import { examine } from '../../../src/start/doctor/examine.js';
import { writeConfig } from '../../config/config-file.js';
import { serviceVariable } from '../../services/service-variables.js';

export interface Given {
  databaseUrl: string;
  queueUrl: string;
  /** As the configuration file has it. */
  environment: Record<string, unknown>;
  name?: string;
  variables?: NodeJS.ProcessEnv;
  now?: () => number;
}

export interface Examined {
  checks: Check[];
  /** `subject, check: found -> hint` of every check of that status. */
  all(status: CheckStatus): string[];
  /** The one check of that name. */
  find(subject: string, check: string): Check | undefined;
}

/** What the doctor finds out about one environment. */
export async function examineEnvironment(t: Test, given: Given): Promise<Examined> {
  const { name = 'development' } = given;
  process.env.AWS_ACCESS_KEY_ID = serviceVariable('TEST_S3_ACCESS_KEY');
  process.env.AWS_SECRET_ACCESS_KEY = serviceVariable('TEST_S3_SECRET_KEY');
  const config = await loadConfig({
    DATABASE_URL: given.databaseUrl,
    QUEUE_URL: given.queueUrl,
    COPYDOCK_CONFIG: await writeConfig(t, JSON.stringify({ environments: { [name]: given.environment } })),
    AWS_ENDPOINT_URL_S3: serviceVariable('TEST_S3_ENDPOINT'),
    ...given.variables,
  });
  const env = config.environments.get(name);
  if (env === undefined) throw new Error(`${name} is not configured`);
  const checks: Check[] = [];
  for await (const check of examine(config, [env], given.now)) checks.push(check);
  return {
    checks,
    all: (status) =>
      checks
        .filter((check) => check.status === status)
        .map(({ subject, check, found, hint }) => `${subject}, ${check}: ${found} -> ${hint}`),
    find: (subject, check) => checks.find((one) => one.subject === subject && one.check === check),
  };
}
