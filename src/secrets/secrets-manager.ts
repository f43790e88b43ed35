import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Config, EnvironmentConfig } from '../config/types.js';
import { CopydockError } from '../loads/errors.js';
import { explainTlsFault } from '../loads/tls-fault.js';
import { assumeRole } from './assume-role.js';
import { awsClientConfig } from './aws-client.js';

type SecretsConfig = Pick<Config, 's3' | 'secretsEndpoint' | 'stsEndpoint' | 'environments'>;

/** Reads the text of a secret by its name or ARN, with the rights that the environment has. */
export type ReadSecret = (secretId: string, env: string) => Promise<string>;

export interface SecretsManager {
  read: ReadSecret;
  close(): void;
}

/** AWS Secrets Manager, asked as each environment's role, else with the AWS SDK's own chain of credentials. */
export function openSecretsManager(config: SecretsConfig): SecretsManager {
  const clients = new Map<string, SecretsManagerClient>();
  const clientOf = (env: string) => {
    const client = clients.get(env) ?? createClient(config, config.environments.get(env));
    clients.set(env, client);
    return client;
  };
  return {
    read: async (secretId, env) => {
      try {
        const command = new GetSecretValueCommand({ SecretId: secretId });
        const { SecretString } = await clientOf(env).send(command);
        return SecretString ?? '';
      } catch (cause) {
        throw explain(secretId, cause);
      }
    },
    close: () => {
      for (const client of clients.values()) client.destroy();
    },
  };
}

function createClient(config: SecretsConfig, env: EnvironmentConfig | undefined): SecretsManagerClient {
  const credentials = env && assumeRole(config, env);
  return new SecretsManagerClient({
    ...awsClientConfig(config.s3, config.secretsEndpoint),
    ...(credentials === undefined ? {} : { credentials }),
  });
}

function explain(secretId: string, cause: unknown): CopydockError {
  if (cause instanceof CopydockError) return cause;
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
