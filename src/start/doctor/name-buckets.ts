import type { Config, EnvironmentConfig } from '../../config/types.js';
import { type BucketDecision, checkStagingBucket, chooseBucket } from '../../loads/bucket.js';
import { CopydockError } from '../../loads/errors.js';

export interface NamedBucket {
  bucket: string;
  use: 'staging' | 'source';
  /** Somebody has named it; else it is the built-in default. */
  isNamed: boolean;
  /** Why requests without `s3_bucket` would be refused with it. */
  refusal: { found: string; hint: string } | null;
}

const PATTERN = /[*?]/;

/**
 * The buckets that requests of an environment may meet, as far as the configuration knows them by name: the one that stages
 * requests without `s3_bucket`, the default, and what the lists name without `*` and `?`.
 */
export function nameBuckets(config: Config, env: EnvironmentConfig): NamedBucket[] {
  const decision = chooseBucket({ requestBucket: undefined, env, rule: config.bucketRule });
  const chosen: NamedBucket = {
    bucket: decision.bucket,
    use: 'staging',
    isNamed: decision.source !== 'built_in_default',
    refusal: findRefusal(config, env, decision),
  };
  const named = [env.defaultStagingBucket ?? [], env.stagingBuckets ?? []]
    .flat()
    .filter((bucket) => !PATTERN.test(bucket) && bucket !== chosen.bucket);
  const sources = (env.sourceBuckets ?? []).filter((bucket) => !PATTERN.test(bucket));
  return [chosen, ...nameAll(named, 'staging'), ...nameAll(sources, 'source')];
}

function nameAll(buckets: readonly string[], use: NamedBucket['use']): NamedBucket[] {
  return [...new Set(buckets)].map((bucket) => ({ bucket, use, isNamed: true, refusal: null }));
}

function findRefusal(
  config: Config,
  env: EnvironmentConfig,
  decision: BucketDecision,
): NamedBucket['refusal'] {
  try {
    checkStagingBucket(decision, env, [...config.environments.keys()]);
    return null;
  } catch (error) {
    if (!(error instanceof CopydockError)) throw error;
    return { found: error.report.detail, hint: error.report.hint };
  }
}
