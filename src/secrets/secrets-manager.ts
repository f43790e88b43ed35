import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CopydockError } from '../loads/errors.js';

const CONNECT_TIMEOUT_MS = 5_000;
const ANSWER_TIMEOUT_MS = 10_000;
const MAX_ATTEMPTS = 4;

/** Reads the text of a secret by its name or ARN. */
export type ReadSecret = (secretId: string) => Promise<string>;

export interface SecretsManager {
  read: ReadSecret;
  close(): void;
}

/** AWS Secrets Manager, with the AWS SDK's own chain of credentials. `endpoint`: another one than the region's. */
export function openSecretsManager(region: string, endpoint: string | undefined): SecretsManager {
  const client = new SecretsManagerClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: ANSWER_TIMEOUT_MS },
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
