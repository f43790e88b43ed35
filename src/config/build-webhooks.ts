import { TERMINAL_STATUSES, type TerminalStatus } from '../loads/load-status.js';
import type { WebhookEntry } from './schema.js';
import type { WebhookConfig } from './types.js';

/** Sources: the sizes and the prefix are those of Standard Webhooks. */
const SECRET_PREFIX = 'whsec_';
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const MIN_KEY_BYTES = 24;
const MAX_KEY_BYTES = 64;
const A_SECRET = `whsec_ and ${MIN_KEY_BYTES} to ${MAX_KEY_BYTES} bytes in base64; make one: echo "whsec_$(openssl rand -base64 32)"`;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** null: nobody is told. An entry with problems is as good as none, since the configuration is refused then. */
export function buildWebhook(
  entry: WebhookEntry | undefined,
  key: string,
  problems: string[],
): WebhookConfig | null {
  if (entry === undefined || entry.url === '') return null;
  const found = [...findUrlProblems(entry, `${key}.url`), ...findSecretProblems(entry, `${key}.secrets`)];
  problems.push(...found);
  if (found.length > 0) return null;
  return {
    url: entry.url,
    keys: (entry.secrets ?? []).flatMap((secret) => (secret === '' ? [] : [decodeKey(secret)])),
    states: [...((entry.states as TerminalStatus[] | undefined) ?? TERMINAL_STATUSES)],
  };
}

function findUrlProblems({ url, allow_http: allowHttp }: WebhookEntry, key: string): string[] {
  if (!URL.canParse(url)) {
    return [`${key}: it is not a URL; percent-encode special characters of user and password.`];
  }
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:') return [];
  if (protocol !== 'http:') return [`${key}: it must begin with https://.`];
  if (allowHttp === true || LOOPBACK.test(hostname)) return [];
  return [
    `${key}: by http:// everybody on the way could read it; write https://, or allow_http: true where the network protects itself.`,
  ];
}

/** No message shows a secret, not even a wrong one. */
function findSecretProblems({ secrets }: WebhookEntry, key: string): string[] {
  if (secrets === undefined) return [`${key}: it is missing; it must be a list of ${A_SECRET}.`];
  return secrets.flatMap((secret, index) =>
    secret === '' || isSecret(secret) ? [] : [`${key}[${index}]: it must be ${A_SECRET}.`],
  );
}

function isSecret(text: string): boolean {
  const { length } = decodeKey(text);
  return (
    text.startsWith(SECRET_PREFIX) &&
    BASE64.test(text.slice(SECRET_PREFIX.length)) &&
    length >= MIN_KEY_BYTES &&
    length <= MAX_KEY_BYTES
  );
}

function decodeKey(secret: string): Buffer {
  return Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
}
