import type { EnvironmentConfig } from '../config/types.js';
import { CopydockError } from './errors.js';
import type { LoadType } from './load.js';

/** S3's rule for bucket names: 3 to 63 lower-case letters, digits, dots and dashes; no IP address, no `..`. */
const BUCKET_NAME = /^(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const BUCKET_NAME_RULE =
  '3 to 63 lower-case letters, digits, dots and dashes, beginning and ending with a letter or digit';
const SCHEME = /^s3a?:\/\//;
/** S3's limit for keys, in bytes of UTF-8. */
const KEY_LIMIT_BYTES = 1024;

export function isBucketName(name: string): boolean {
  return BUCKET_NAME.test(name);
}

/** Throws `invalid_request` for `field` where `name` can't be a bucket's name. */
export function checkBucketName(name: string, field: string): void {
  if (isBucketName(name)) return;
  const prefix = SCHEME.test(name) ? ' Give the name alone, without s3:// and path.' : '';
  throw new CopydockError(
    'invalid_request',
    `${field} '${name}' is not an S3 bucket name: ${BUCKET_NAME_RULE}.${prefix}`,
    {
      field,
    },
  );
}

/** Takes `s3://bucket/key` and `s3a://bucket/key`; the key is an object, a prefix or a glob, and may be empty. */
export function parseSourcePath(path: string): { bucket: string; key: string } {
  if (!SCHEME.test(path)) {
    throw invalidPath(`path '${path}' must begin with s3:// (or s3a://), as in s3://my-bucket/data/.`);
  }
  const [, bucket = '', key = ''] = /^s3a?:\/\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  if (!isBucketName(bucket)) {
    throw invalidPath(
      `path '${path}' names the bucket '${bucket}', which is not an S3 bucket name: ${BUCKET_NAME_RULE}.`,
    );
  }
  checkKey(key);
  return { bucket, key };
}

function checkKey(key: string): void {
  if (/[\0\r\n]/.test(key)) throw invalidPath('path holds a line break or a NUL character: remove it.');
  if (Buffer.byteLength(key) > KEY_LIMIT_BYTES) {
    throw invalidPath(`path has a key of more than ${KEY_LIMIT_BYTES} bytes, which S3 does not allow.`);
  }
}

function invalidPath(detail: string): CopydockError {
  return new CopydockError('invalid_request', detail, { field: 'path' });
}

/**
 * Where the source objects are, by the environment's layout. `collection`: below `path` each data set has
 * `{data_set}-collection/transformed/`, with its samples beside it.
 */
export function layOutPath(
  path: string,
  layout: EnvironmentConfig['pathLayout'],
  dataSet: string,
  loadType: LoadType,
): string {
  if (layout === 'as_given') return path;
  const root = path.endsWith('/') ? path : `${path}/`;
  const folder = loadType === 'sample' ? `sample-${dataSet}` : dataSet;
  return `${root}${dataSet}-collection/transformed/${folder}/*.csv`;
}
