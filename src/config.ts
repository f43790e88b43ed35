import { buildApiKeys } from './config/build-api-keys.js';
import { buildEnvironments } from './config/build-environments.js';
import { buildRetention } from './config/build-retention.js';
import { buildDataSets, buildTables } from './config/build-tables.js';
import { buildWebhook } from './config/build-webhooks.js';
import { ConfigError } from './config/config-error.js';
import { readConfigFile } from './config/read-file.js';
import {
  readBucketRule,
  readLeaseMs,
  readS3Config,
  readTlsDefaults,
  readTracesUrl,
  readVariables,
  readWorkerConfig,
} from './config/read-variables.js';
import type { ConfigFile } from './config/schema.js';
import { findBundleProblems, findFileProblems } from './config/tls-files.js';
import type { Config } from './config/types.js';
import { findTlsProblems, withTlsDefaults } from './config/url-tls.js';
import type { Variables } from './config/variables-schema.js';

export { ConfigError } from './config/config-error.js';

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1|\[::1\])$/;

/** For commands that people watch: the AWS SDK prints a page on Node lines that it will leave some day. */
export function muteSdkVersionWarning(): void {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
}

/** What a command needs beyond the control database. */
export interface Requirements {
  /** Without it the control database is the queue where QUEUE_URL is not set. */
  queueUrl?: boolean;
  /** The command listens: a HOST beyond loopback needs API keys. */
  apiKeys?: boolean;
}

export interface LoadOptions {
  require?: Requirements;
  /** What the variables are to be instead, for commands that bring servers of their own. */
  adapt?: (env: NodeJS.ProcessEnv) => NodeJS.ProcessEnv;
}

/**
 * Reads the environment variables and the file that COPYDOCK_CONFIG names. `overrides` win over both.
 * @throws ConfigError with every problem, each naming its key
 */
export async function loadConfig(
  env: NodeJS.ProcessEnv = process.env,
  overrides: Partial<Config> = {},
  { require = {}, adapt = (given) => given }: LoadOptions = {},
): Promise<Config> {
  const problems: string[] = [];
  const adapted = adapt(env);
  const variables = readVariables(adapted, problems);
  const tls = readTlsDefaults(variables);
  const databaseUrl = overrides.databaseUrl ?? withTlsDefaults(variables.DATABASE_URL ?? '', tls);
  const file = variables.COPYDOCK_CONFIG
    ? await readConfigFile(variables.COPYDOCK_CONFIG, { ...adapted, DATABASE_URL: databaseUrl }, problems)
    : {};
  const config: Config = { ...buildConfig(variables, file, databaseUrl, problems), ...overrides };
  problems.push(...findUnmet(config, require));
  if (require.queueUrl !== true) config.queueUrl ||= databaseUrl;
  if (problems.length > 0) throw new ConfigError([...new Set(problems)]);
  return config;
}

function buildConfig(
  variables: Variables,
  file: ConfigFile,
  databaseUrl: string,
  problems: string[],
): Config {
  const tls = readTlsDefaults(variables);
  const webhook = buildWebhook(file.webhook, 'webhook', problems);
  const environments = buildEnvironments(file.environments ?? {}, { databaseUrl, tls, webhook }, problems);
  const names = [...environments.keys()];
  const tables = buildTables(file.tables ?? {}, environments.values(), problems);
  return {
    host: variables.HOST ?? '127.0.0.1',
    port: Number(variables.PORT ?? 8080),
    metricsPort:
      variables.COPYDOCK_METRICS_PORT === undefined ? null : Number(variables.COPYDOCK_METRICS_PORT),
    databaseUrl,
    queueUrl: withTlsDefaults(variables.QUEUE_URL ?? '', tls),
    logLevel: variables.LOG_LEVEL ?? 'info',
    shutdownTimeoutMs: Number(variables.COPYDOCK_SHUTDOWN_TIMEOUT_S ?? 30) * 1000,
    leaseMs: readLeaseMs(variables, problems),
    s3: readS3Config(variables),
    secretsEndpoint: variables.AWS_ENDPOINT_URL_SECRETS_MANAGER,
    stsEndpoint: variables.AWS_ENDPOINT_URL_STS,
    tracesUrl: readTracesUrl(variables, problems),
    bucketRule: readBucketRule(variables),
    environments,
    tables,
    dataSets: buildDataSets(file.data_sets ?? {}, tables, [...environments.values()], problems),
    apiKeys: buildApiKeys(file.api_keys ?? [], names, problems),
    retention: buildRetention(file, problems),
    worker: readWorkerConfig(variables, names, problems),
  };
}

function findUnmet(config: Config, require: Requirements): string[] {
  const problems = [
    ...findUrlProblems('DATABASE_URL', config.databaseUrl),
    ...findUrlProblems('QUEUE_URL', config.queueUrl),
    ...findBundleProblems(config.s3.caFile),
  ];
  if (config.databaseUrl === '') {
    problems.push('DATABASE_URL: it is missing; set it to the URL of the control database, postgres://...');
  }
  if (require.queueUrl && config.queueUrl === '') {
    problems.push('QUEUE_URL: it is missing; set it to redis://... or to a postgres:// URL.');
  }
  if (require.apiKeys && config.apiKeys.length === 0 && !LOOPBACK.test(config.host)) {
    problems.push(
      `HOST: without api_keys Copydock listens on loopback only, not on ${config.host}; configure api_keys, or leave HOST out.`,
    );
  }
  return problems;
}

function findUrlProblems(name: string, url: string): string[] {
  if (url !== '' && !URL.canParse(url)) {
    return [`${name}: it is not a URL; percent-encode special characters of user and password.`];
  }
  const problems = findTlsProblems(name, url);
  return problems.length > 0 ? problems : findFileProblems(name, url);
}
