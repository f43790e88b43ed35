import { checkStagingBucket } from '../loads/bucket.js';
import { CopydockError } from '../loads/errors.js';
import { buildWebhook } from './build-webhooks.js';
import type { EnvironmentEntry } from './schema.js';
import type { EnvironmentConfig, RoleConfig, WebhookConfig } from './types.js';
import { addTlsDefaults, findTlsProblems, type TlsDefaults, withTlsDefaults } from './url-tls.js';

/** Known whatever the file says, so that their buckets stay apart. */
const BUILT_IN = ['development', 'local', 'production', 'staging'];
/** Loaded into the control database where nothing else is configured. */
const AT_HOME = ['development', 'local'];
const PRODUCTION = 'production';
const DEFAULTS = {
  parallelism: 2,
  concurrency: 2,
  maxActiveLoads: 16,
  maxQueuedLoads: 1_000,
  minKeepShare: 0.5,
};

/** What environments have that say nothing else. */
export interface EnvironmentDefaults {
  databaseUrl: string;
  tls: TlsDefaults;
  webhook: WebhookConfig | null;
}

export function buildEnvironments(
  entries: Record<string, EnvironmentEntry | null>,
  defaults: EnvironmentDefaults,
  problems: string[],
): Map<string, EnvironmentConfig> {
  const { tls } = defaults;
  const names = [...new Set([...BUILT_IN, ...Object.keys(entries)])].sort();
  const environments = new Map(
    names.map((name) => [
      name,
      {
        ...buildEnvironment(name, entries[name] ?? {}, defaults),
        webhook: chooseWebhook(name, entries[name] ?? {}, defaults.webhook, problems),
      },
    ]),
  );
  for (const name of names) {
    problems.push(
      ...findDatabaseProblems(name, entries[name] ?? {}, tls),
      ...findPatternProblems(name, entries[name] ?? {}),
      ...findRoleProblems(name, entries[name] ?? {}),
    );
  }
  for (const env of environments.values()) problems.push(...findDefaultBucketProblems(env, names));
  return environments;
}

function buildEnvironment(
  name: string,
  entry: EnvironmentEntry,
  { databaseUrl: controlUrl, tls }: EnvironmentDefaults,
): Omit<EnvironmentConfig, 'webhook'> {
  const own = entry.database_url ? withTlsDefaults(entry.database_url, tls) : null;
  const databaseSecret = buildSecret(entry, tls);
  const role = buildRole(name, entry);
  const isAtHome = entry.database_url === undefined && databaseSecret === null && AT_HOME.includes(name);
  const databaseUrl = own ?? (isAtHome ? controlUrl : null);
  const concurrency = entry.concurrency ?? DEFAULTS.concurrency;
  return {
    name,
    databaseUrl,
    databaseSecret,
    databaseIdentity:
      databaseSecret === null ? identifyDatabase(databaseUrl ?? '') : identifySecret(databaseSecret.id, role),
    defaultStagingBucket: entry.default_staging_bucket ?? null,
    stagingBuckets: entry.staging_buckets ?? null,
    sourceBuckets: entry.source_buckets ?? null,
    buckets: {
      owners: Object.entries(entry.bucket_owners ?? {}).map(([pattern, account]) => ({ pattern, account })),
      stagingKmsKeyId: entry.staging_kms_key_id ?? null,
    },
    role,
    targetSchemas: entry.target_schemas ?? ['public'],
    copyEngine: entry.copy_engine ?? 'stream',
    parallelism: entry.parallelism ?? DEFAULTS.parallelism,
    concurrency,
    maxActiveLoads: entry.max_active_loads ?? Math.max(DEFAULTS.maxActiveLoads, concurrency),
    maxQueuedLoads: entry.max_queued_loads ?? DEFAULTS.maxQueuedLoads,
    pathLayout: entry.path_layout ?? 'as_given',
    minKeepShare: entry.min_keep_share ?? DEFAULTS.minKeepShare,
  };
}

function chooseWebhook(
  name: string,
  { webhook }: EnvironmentEntry,
  general: WebhookConfig | null,
  problems: string[],
): WebhookConfig | null {
  return webhook === undefined ? general : buildWebhook(webhook, `environments.${name}.webhook`, problems);
}

function buildSecret(entry: EnvironmentEntry, tls: TlsDefaults): EnvironmentConfig['databaseSecret'] {
  if (entry.database_secret_id === undefined) return null;
  const parameters = new URLSearchParams(entry.database_parameters);
  addTlsDefaults(parameters, { ...tls, mode: 'verify-full' });
  return { id: entry.database_secret_id, parameters: String(parameters) };
}

function buildRole(name: string, entry: EnvironmentEntry): RoleConfig | null {
  if (entry.role_arn === undefined) return null;
  return {
    arn: entry.role_arn,
    externalId: entry.external_id ?? null,
    sessionName: entry.session_name ?? `copydock-${name}`,
  };
}

/** A secret's name may stand for another secret in each account; its ARN has the account. */
function identifySecret(id: string, role: RoleConfig | null): string {
  if (role === null || id.startsWith('arn:')) return id;
  const [, , , , account] = role.arn.split(':');
  return `${id} in account ${account}`;
}

/** host:port/database. Credentials and options don't tell databases apart. */
export function identifyDatabase(url: string): string {
  if (!URL.canParse(url)) return 'none';
  const { hostname, port, pathname, searchParams, username } = new URL(url);
  const host = searchParams.get('host') || hostname || 'localhost';
  return `${host.toLowerCase()}:${port || 5432}/${decodeURIComponent(pathname.slice(1) || username)}`;
}

function findDatabaseProblems(name: string, entry: EnvironmentEntry, tls: TlsDefaults): string[] {
  const key = `environments.${name}`;
  if (entry.database_secret_id !== undefined && entry.database_url) {
    return [`${key}.database_secret_id: database_url is there, too; leave one of them out.`];
  }
  if (entry.database_secret_id === undefined && entry.database_parameters !== undefined) {
    return [`${key}.database_parameters: they go with database_secret_id; write them into database_url.`];
  }
  if (entry.database_url && !URL.canParse(entry.database_url)) {
    return [`${key}.database_url: it is not a URL; percent-encode special characters of user and password.`];
  }
  const { parameters } = buildSecret(entry, tls) ?? {};
  return parameters === undefined
    ? findTlsProblems(`${key}.database_url`, withTlsDefaults(entry.database_url ?? '', tls))
    : findTlsProblems(`${key}.database_parameters`, `postgres://host?${parameters}`);
}

function findRoleProblems(name: string, entry: EnvironmentEntry): string[] {
  if (entry.role_arn !== undefined) return [];
  return (['external_id', 'session_name'] as const).flatMap((key) =>
    entry[key] === undefined
      ? []
      : `environments.${name}.${key}: it goes with role_arn, which is missing; add it, or leave ${key} out.`,
  );
}

function findPatternProblems(name: string, entry: EnvironmentEntry): string[] {
  if (name !== PRODUCTION) return [];
  return (['staging_buckets', 'source_buckets'] as const).flatMap((list) =>
    (entry[list] ?? []).flatMap((pattern, index) =>
      /[a-z0-9]/.test(pattern)
        ? []
        : `environments.${name}.${list}[${index}]: "${pattern}" matches everything, which production does not allow; name the buckets, as in "production-*".`,
    ),
  );
}

function findDefaultBucketProblems(env: EnvironmentConfig, names: string[]): string[] {
  if (env.defaultStagingBucket === null) return [];
  const { name, defaultStagingBucket: bucket } = env;
  try {
    checkStagingBucket(
      { bucket, source: 'environment_default', overridden: null, requested: null },
      env,
      names,
    );
    return [];
  } catch (error) {
    if (!(error instanceof CopydockError)) throw error;
    return [`environments.${name}.${error.message}.`];
  }
}
