import picomatch from 'picomatch';
import type { BucketRuleConfig, EnvironmentConfig } from '../config/types.js';
import { CopydockError } from './errors.js';
import type { BucketSource } from './load.js';
import { LOG_LINES } from './log-lines.js';
import { checkBucketName } from './path.js';

export type BucketDecision = {
  bucket: string;
  source: BucketSource;
  /** Where the request and the variable name different buckets: the one that lost. */
  overridden: string | null;
  /** What the request asked for, taken or not. */
  requested: string | null;
};

const VARIABLE = 'PYSPARK_TEMP_S3_BUCKET';
/** The Airflow Variable that DAGs usually fill `s3_bucket` with. */
const AIRFLOW_VARIABLE = 's3_pyspark_jobs_codepackage';
const BUILT_IN_SUFFIX = 'pyspark-jobs-codepackage';
/** A laptop works with development's buckets. */
const FAMILIES: Record<string, string> = { local: 'development' };

const FIELDS: Record<BucketSource, string> = {
  request: 's3_bucket',
  environment_variable: VARIABLE,
  environment_default: 'default_staging_bucket',
  built_in_default: 's3_bucket',
};

/**
 * Decides once and for all which bucket stages the data: the request's, else the variable's, else the environment's
 * default, else the built-in one. With precedence `environment` the variable outranks the request.
 */
export function chooseBucket(input: {
  requestBucket: string | undefined;
  env: EnvironmentConfig;
  rule: BucketRuleConfig;
}): BucketDecision {
  const { env, rule } = input;
  const requested = input.requestBucket || null;
  const request = { bucket: requested, source: 'request' as const };
  const variable = { bucket: rule.variableBucket || null, source: 'environment_variable' as const };
  const [first, second] = rule.precedence === 'environment' ? [variable, request] : [request, variable];
  if (first.bucket !== null) {
    const overridden = second.bucket === first.bucket ? null : second.bucket;
    return { bucket: first.bucket, source: first.source, overridden, requested };
  }
  if (second.bucket !== null) {
    return { bucket: second.bucket, source: second.source, overridden: null, requested };
  }
  return { ...chooseDefault(env), overridden: null, requested };
}

function chooseDefault(env: EnvironmentConfig): Pick<BucketDecision, 'bucket' | 'source'> {
  if (env.defaultStagingBucket !== null) {
    return { bucket: env.defaultStagingBucket, source: 'environment_default' };
  }
  return { bucket: `${familyOf(env.name)}-${BUILT_IN_SUFFIX}`, source: 'built_in_default' };
}

/** Throws `staging_bucket_not_allowed` where the bucket is another environment's, or not among the listed ones. */
export function checkStagingBucket(
  decision: BucketDecision,
  env: EnvironmentConfig,
  knownEnvironments: readonly string[],
): void {
  const { bucket, source } = decision;
  const field = FIELDS[source];
  checkBucketName(bucket, field);
  const fault = findFault(bucket, env, env.stagingBuckets, 'staging_buckets', knownEnvironments);
  if (fault === null) return;
  throw new CopydockError(
    'staging_bucket_not_allowed',
    `${field} '${bucket}' ${fault}. ${wayOut(source, env.name)}; to allow it, configure ${allowLine(env, 'staging_buckets', bucket)}`,
    { field },
  );
}

/** Returns a warning where a free source bucket carries another environment's name; throws where a list excludes it. */
export function checkSourceBucket(
  bucket: string,
  env: EnvironmentConfig,
  knownEnvironments: readonly string[],
): string | null {
  const fault = findFault(bucket, env, env.sourceBuckets, 'source_buckets', knownEnvironments);
  if (fault === null) return null;
  if (env.sourceBuckets === null) return `path: the source bucket '${bucket}' ${fault}.`;
  throw new CopydockError(
    'source_bucket_not_allowed',
    `path: the source bucket '${bucket}' ${fault}. Correct path; to allow it, configure ${allowLine(env, 'source_buckets', bucket)}`,
    { field: 'path' },
  );
}

/**
 * The lines that the accepting process writes, in order. Of a request whose bucket lost to the variable neither of
 * the first two is true.
 */
export function bucketLogLines({ bucket, source, requested }: BucketDecision): string[] {
  const chosen = LOG_LINES.bucketChosen(bucket);
  if (source === 'request') return [LOG_LINES.bucketFromArguments(bucket), chosen];
  return requested === null ? [LOG_LINES.bucketNotInArguments(), chosen] : [chosen];
}

function findFault(
  bucket: string,
  env: EnvironmentConfig,
  patterns: string[] | null,
  listName: string,
  knownEnvironments: readonly string[],
): string | null {
  if (patterns !== null) {
    return picomatch.isMatch(bucket, patterns)
      ? null
      : `matches none of environments.${env.name}.${listName}`;
  }
  const owner = findOwner(bucket, knownEnvironments);
  if (owner === null || familyOf(owner) === familyOf(env.name)) return null;
  return `carries the name of the environment ${owner} and can't be used in ${env.name}`;
}

/** The environment with the longest name that the bucket's name begins with, up to `-`, `.` or the end. */
function findOwner(bucket: string, knownEnvironments: readonly string[]): string | null {
  const owners = knownEnvironments.filter(
    (name) => bucket === name || bucket.startsWith(`${name}-`) || bucket.startsWith(`${name}.`),
  );
  return owners.sort((a, b) => b.length - a.length)[0] ?? null;
}

function familyOf(environment: string): string {
  return FAMILIES[environment] ?? environment;
}

function wayOut(source: BucketSource, env: string): string {
  const airflow = `the Airflow Variable ${AIRFLOW_VARIABLE}, which usually fills s3_bucket`;
  switch (source) {
    case 'request':
      return `Correct ${airflow}`;
    case 'environment_variable':
      return `Unset or correct ${VARIABLE} where Copydock runs, or set ${airflow}`;
    case 'environment_default':
      return `Correct environments.${env}.default_staging_bucket, or set ${airflow}`;
    case 'built_in_default':
      return `Set ${airflow}, or environments.${env}.default_staging_bucket`;
  }
}

/** Once there is a list, only what it names is allowed: what it has already is kept. */
function allowLine(
  env: EnvironmentConfig,
  listName: 'staging_buckets' | 'source_buckets',
  bucket: string,
): string {
  const listed = listName === 'staging_buckets' ? env.stagingBuckets : env.sourceBuckets;
  return `environments.${env.name}.${listName}: ${JSON.stringify([...(listed ?? []), bucket])}`;
}
