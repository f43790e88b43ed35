import { CopydockError, type ErrorCode } from '../loads/errors.js';
import { explainTlsFault, isPassingTlsFault } from '../loads/tls-fault.js';

/** Which of a load's two buckets was asked. */
export type S3Role = 'source' | 'staging';

const BUCKET_NOT_FOUND = { source: 'source_bucket_not_found', staging: 'staging_bucket_not_found' } as const;
const ACCESS_DENIED = { source: 'source_access_denied', staging: 'staging_access_denied' } as const;
const OBJECT_LOST = { source: 'source_object_changed', staging: 'staged_object_changed' } as const;

/** Says what an S3 failure means for the load: by error name and HTTP status, never by message text. */
export function classifyS3Error(error: unknown, role: S3Role, location: string): CopydockError {
  if (error instanceof CopydockError) return error;
  const tlsFault = explainTlsFault(error);
  if (tlsFault !== null) {
    const message = `TLS to S3 failed for the ${role} bucket: ${tlsFault}.`;
    if (isPassingTlsFault(error)) {
      return new CopydockError('s3_unavailable', message, { object: location, cause: error });
    }
    return new CopydockError('tls_failed', message, {
      hint: "Name the authority's file in AWS_CA_BUNDLE, and in AWS_ENDPOINT_URL_S3 the host that the certificate is for.",
      object: location,
      cause: error,
    });
  }
  const name = errorName(error);
  const status = httpStatus(error);
  const [code, sentence] = explain(name, status, role);
  return new CopydockError(code, `${sentence}: ${location} (${name}${status ? `, HTTP ${status}` : ''}).`, {
    object: location,
    cause: error,
  });
}

function explain(name: string, status: number | undefined, role: S3Role): [ErrorCode, string] {
  if (name === 'NoSuchBucket') return [BUCKET_NOT_FOUND[role], `The ${role} bucket does not exist`];
  if (name === 'NoSuchKey' || name === 'NotFound' || status === 404) {
    return [OBJECT_LOST[role], `A ${role === 'source' ? 'source' : 'staged'} object is gone`];
  }
  if (name === 'PreconditionFailed' || status === 412) {
    return [OBJECT_LOST[role], `A ${role === 'source' ? 'source' : 'staged'} object has changed`];
  }
  if (name === 'CredentialsProviderError') {
    return [
      ACCESS_DENIED[role],
      `There are no S3 credentials (AWS_ACCESS_KEY_ID, a profile or a role) for the ${role} bucket`,
    ];
  }
  if (status === 401 || status === 403) {
    return [ACCESS_DENIED[role], `S3 refuses access to the ${role} bucket`];
  }
  return ['s3_unavailable', `S3 does not answer as it should for the ${role} bucket`];
}

function errorName(error: unknown): string {
  if (!(error instanceof Error)) return 'UnknownError';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

function httpStatus(error: unknown): number | undefined {
  const metadata = (error as { $metadata?: { httpStatusCode?: number } } | null)?.$metadata;
  return metadata?.httpStatusCode;
}
