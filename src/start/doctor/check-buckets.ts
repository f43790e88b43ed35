import type { S3Client } from '@aws-sdk/client-s3';
import type { Config, EnvironmentConfig } from '../../config/types.js';
import { createS3Client } from '../../s3/client.js';
import {
  type BucketKeeping,
  type BucketProbe,
  listSourceBucket,
  probeStaging,
  readKeeping,
  watchServerClock,
} from '../../s3/inspect-bucket.js';
import { assumeRole } from '../../secrets/assume-role.js';
import { type Check, explainFault, type Finding, failed, look, ok, skipped, warning } from './check.js';
import { judgeClock } from './check-clock.js';
import { type NamedBucket, nameBuckets } from './name-buckets.js';

/** Of all that is asked of one bucket. */
const PATIENCE_MS = 60_000;
/** S3 tells whole seconds. */
const DATE_STEP_MS = 1_000;
const RIGHTS_HINT = 'look at deploy/aws/worker-policy.json';
const LIFECYCLE_HINT = 'add the rule of deploy/aws/staging-lifecycle.json';

type Clock = { readonly aheadMs: number | null };

export async function* checkBuckets(
  config: Config,
  env: EnvironmentConfig,
  now: () => number,
): AsyncGenerator<Check> {
  const client = createS3Client(config.s3, env.buckets, assumeRole(config, env));
  const clock: { aheadMs: number | null } = { aheadMs: null };
  watchServerClock(client, (serverMs) => {
    clock.aheadMs = serverMs - now();
  });
  try {
    for (const bucket of nameBuckets(config, env)) yield* checkBucket(client, env, bucket);
    const subject = `S3 for ${env.name}`;
    if (clock.aheadMs !== null) yield { subject, check: 'clock', ...judgeS3Clock(clock) };
  } finally {
    client.destroy();
  }
}

function judgeS3Clock({ aheadMs }: Clock): Finding {
  return judgeClock({ aheadMs: aheadMs ?? 0, uncertaintyMs: DATE_STEP_MS }, { signs: true });
}

async function* checkBucket(
  client: S3Client,
  env: EnvironmentConfig,
  { bucket, use, refusal, isNamed }: NamedBucket,
): AsyncGenerator<Check> {
  const subject = `${use} bucket ${bucket} of ${env.name}`;
  if (refusal !== null) {
    yield { subject, check: 'name', ...failed(refusal.found, refusal.hint) };
    return;
  }
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const checks =
    use === 'source'
      ? checkSource(client, subject, bucket, signal)
      : checkStaging(client, subject, bucket, signal);
  for await (const check of checks) yield isNamed ? check : soften(check, env.name);
}

/** Nobody has named this bucket: it is missed by requests without `s3_bucket` only. */
function soften(check: Check, env: string): Check {
  if (check.status !== 'failed') return check;
  const hint = `set environments.${env}.default_staging_bucket, or name s3_bucket in every request`;
  return { ...check, status: 'warning', hint };
}

async function* checkSource(
  client: S3Client,
  subject: string,
  bucket: string,
  signal: AbortSignal,
): AsyncGenerator<Check> {
  const list = () => listSourceBucket(client, bucket, signal).then(() => ok('it can be listed'));
  yield await look(subject, 'list', list, RIGHTS_HINT);
}

/** Each step needs the one before. What was written is removed even where it could not be read. */
async function* checkStaging(
  client: S3Client,
  subject: string,
  bucket: string,
  signal: AbortSignal,
): AsyncGenerator<Check> {
  const probe = probeStaging(client, bucket, signal);
  const list = await look(
    subject,
    'list',
    () => probe.list().then(() => ok('it can be listed')),
    RIGHTS_HINT,
  );
  yield list;
  if (list.status !== 'ok') return;
  const write = () => probe.write().then(() => ok('an object can be written'));
  const written = await look(subject, 'write', write, RIGHTS_HINT);
  if (written.status !== 'ok') {
    yield await removeUnsure(probe, written);
    return;
  }
  yield written;
  const read = () => probe.read().then(() => ok('it is read as it was written'));
  yield await look(subject, 'read', read, RIGHTS_HINT);
  const removed = await look(
    subject,
    'delete',
    () => probe.remove().then(() => ok('it can be deleted')),
    RIGHTS_HINT,
  );
  yield removed.status === 'ok'
    ? removed
    : { ...removed, found: `${removed.found}; ${probe.location} is left` };
  yield { subject, check: 'lifecycle', ...(await findKeeping(client, bucket, signal)) };
}

/** S3 may have stored what it did not answer for. */
async function removeUnsure(probe: BucketProbe, written: Check): Promise<Check> {
  const mayBeLeft = await probe.removeIfThere().then(
    () => false,
    () => true,
  );
  return mayBeLeft ? { ...written, found: `${written.found}; ${probe.location} may be left` } : written;
}

async function findKeeping(client: S3Client, bucket: string, signal: AbortSignal): Promise<Finding> {
  try {
    return judgeKeeping(await readKeeping(client, bucket, signal));
  } catch (error) {
    const { name = 'Error' } = error as { name?: string };
    return skipped(
      `versioning and lifecycle can't be read: ${name}, ${explainFault(error)}`,
      'allow what deploy/aws/doctor-policy.json has, to have them checked',
    );
  }
}

function judgeKeeping({ isVersioned, expires, oldVersionsExpire, abortsUploads }: BucketKeeping): Finding {
  const faults = [
    ...(expires ? [] : ['nothing removes what a lost control database leaves behind']),
    ...(isVersioned && !oldVersionsExpire ? ['versions of deleted objects stay for ever'] : []),
    ...(abortsUploads ? [] : ['uploads in several parts that others leave unfinished stay']),
  ];
  return faults.length === 0
    ? ok('rules remove what is left below tmp/postgres-copy/')
    : warning(faults.join('; '), LIFECYCLE_HINT);
}
