import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import type { Config, EnvironmentConfig, RoleConfig } from '../config/types.js';
import { CopydockError } from '../loads/errors.js';
import { explainTlsFault, isPassingTlsFault } from '../loads/tls-fault.js';
import { awsClientConfig } from './aws-client.js';

/** Refusals with a status of 4xx that pass. Source: docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html. */
const PASSING = new Set([
  'IDPCommunicationError',
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);

/** The clients of the AWS SDK ask for credentials when they have none, and again some minutes before these expire. */
export type AssumeRole = ReturnType<typeof fromTemporaryCredentials>;

/**
 * Credentials of the environment's role, assumed with those of the process; undefined: it has none. They belong to the one
 * environment: its clients are never another's.
 * @throws CopydockError where a client uses it: `role_access_denied`, `role_unavailable` or `tls_failed`
 */
export function assumeRole(
  { s3, stsEndpoint }: Pick<Config, 's3' | 'stsEndpoint'>,
  { name: env, role }: Pick<EnvironmentConfig, 'name' | 'role'>,
): AssumeRole | undefined {
  if (role === null) return undefined;
  const provide = fromTemporaryCredentials({
    params: {
      RoleArn: role.arn,
      RoleSessionName: role.sessionName,
      ...(role.externalId === null ? {} : { ExternalId: role.externalId }),
    },
    ...(s3.credentials === undefined ? {} : { masterCredentials: s3.credentials }),
    clientConfig: awsClientConfig(s3, stsEndpoint),
  });
  return (properties) =>
    provide(properties).catch((error: unknown) => {
      throw explain(env, role, error);
    });
}

/**
 * Without `cause`: the client that wants the credentials looks there for what passes, and would try all of this again as
 * often as STS was tried.
 */
function explain(env: string, { arn }: RoleConfig, error: unknown): CopydockError {
  const about = `the role ${arn} of environment ${env}`;
  const tlsFault = explainTlsFault(error);
  if (tlsFault !== null) {
    const code = isPassingTlsFault(error) ? 'role_unavailable' : 'tls_failed';
    const message = `TLS to STS failed, so ${about} can not be assumed: ${tlsFault}.`;
    if (code === 'role_unavailable') return new CopydockError(code, message);
    const hint =
      "Name the authority's file in AWS_CA_BUNDLE, and in AWS_ENDPOINT_URL_STS the host that the certificate is for.";
    return new CopydockError(code, message, { hint });
  }
  const { name, status } = describe(error);
  const reason = `${name}${status === undefined ? '' : `, HTTP ${status}`}`;
  if (name === 'CredentialsProviderError') {
    return new CopydockError(
      'role_access_denied',
      `There are no AWS credentials (AWS_ACCESS_KEY_ID, a profile or a role of its own) to assume ${about} with (${name}).`,
      { hint: 'Give the worker a service account with a role, an instance role, or a key.' },
    );
  }
  if (status !== undefined && status >= 400 && status < 500 && status !== 429 && !PASSING.has(name)) {
    return new CopydockError('role_access_denied', `STS refuses ${about} (${reason}).`, {
      hint: `Correct environments.${env}.role_arn and external_id, or let the role's trust policy name the worker's own role, and allow that one sts:AssumeRole.`,
    });
  }
  return new CopydockError('role_unavailable', `STS does not answer as it should for ${about} (${reason}).`);
}

function describe(error: unknown): { name: string; status: number | undefined } {
  if (!(error instanceof Error)) return { name: 'UnknownError', status: undefined };
  const { code, $metadata } = error as { code?: unknown; $metadata?: { httpStatusCode?: number } };
  return { name: typeof code === 'string' ? code : error.name, status: $metadata?.httpStatusCode };
}
