import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { awsTls } from '../config/tls-files.js';
import type { Config } from '../config/types.js';
import { CopydockError } from '../loads/errors.js';
import { explainTlsFault } from '../loads/tls-fault.js';

const CONNECT_TIMEOUT_MS = 5_000;
const ANSWER_TIMEOUT_MS = 10_000;
const MAX_ATTEMPTS = 4;

/** Reads the text of a secret by its name or ARN. */
export type ReadSecret = (secretId: string) => Promise<string>;

export interface SecretsManager {
  read: ReadSecret;
  close(): void;
}

/** AWS Secrets Manager, with the AWS SDK's own chain of credentials. */
export function openSecretsManager({
  s3: { region, caFile },
  secretsEndpoint: endpoint,
}: Pick<Config, 's3' | 'secretsEndpoint'>): SecretsManager {
  const client = new SecretsManagerClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: ANSWER_TIMEOUT_MS,
      httpsAgent: awsTls(caFile),
    },
  });
  return {
    read: async (secretId) => {
      try {
        const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
        return SecretString ?? '';
      } catch (cause) {
        throw explain(secretId, cause);
      }
    },
    close: () => client.destroy(),
  };
}

function explain(secretId: string, cause: unknown): CopydockError {
  const tlsFault = explainTlsFault(cause);
  if (tlsFault !== null) {
    return new CopydockError('target_secret_unavailable', `TLS to Secrets Manager failed: ${tlsFault}.`, {
      hint: "Name the authority's file in AWS_CA_BUNDLE.",
      cause,
    });
  }
  const { name = 'Error' } = cause as { name?: string };
  switch (name) {
    case 'ResourceNotFoundException':
      return new CopydockError('target_secret_invalid', `There is no secret ${secretId}.`, { cause });
    case 'AccessDeniedException':
      return new CopydockError(
        'target_secret_unavailable',
        `Reading the secret ${secretId} is not allowed.`,
        {
          hint: "Allow secretsmanager:GetSecretValue on it to the worker's role.",
          cause,
        },
      );
    default:
      return new CopydockError(
        'target_secret_unavailable',
        `The secret ${secretId} can't be read: ${name}.`,
        {
          cause,
        },
      );
  }
}
