import { awsTls } from '../config/tls-files.js';
import type { S3Config } from '../config/types.js';

const CONNECT_TIMEOUT_MS = 5_000;
const ANSWER_TIMEOUT_MS = 10_000;
const MAX_ATTEMPTS = 4;

/** How clients of STS and Secrets Manager are made: what they ask is short. `endpoint`: another than the region's. */
export function awsClientConfig(
  { region, caFile }: Pick<S3Config, 'region' | 'caFile'>,
  endpoint: string | undefined,
) {
  return {
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: ANSWER_TIMEOUT_MS,
      httpsAgent: awsTls(caFile),
    },
  };
}
