import { createHmac } from 'node:crypto';

export interface SignedContent {
  id: string;
  /** Seconds since 1970, of this delivery. */
  timestampS: number;
  body: string;
}

/** Headers of Standard Webhooks, with one signature for each key: https://www.standardwebhooks.com. */
export function signWebhook(
  { id, timestampS, body }: SignedContent,
  keys: readonly Buffer[],
): Record<string, string> {
  const signatures = keys.map(
    (key) => `v1,${createHmac('sha256', key).update(`${id}.${timestampS}.${body}`).digest('base64')}`,
  );
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': signatures.join(' '),
  };
}
