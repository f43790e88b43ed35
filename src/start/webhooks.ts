import type pino from 'pino';
import type { Config, WebhookConfig } from '../config/types.js';
import type { WebhookOutbox } from '../loads/webhook-event.js';
import type { ProcessMetrics } from '../metrics/process-metrics.js';
import { WebhookSender } from '../webhooks/sender.js';
import { within } from './within.js';

const TIMEOUT_MS = 15_000;
/** A stop does not wait for a receiver that hangs: another sender tries it again. */
const STOP_TIMEOUT_MS = 5_000;

export interface WebhookParts {
  config: Pick<Config, 'environments'>;
  /** Environments whose webhooks this process may send. */
  names: Iterable<string>;
  outbox: WebhookOutbox;
  logger: pino.Logger;
  metrics: ProcessMetrics;
}

/** Sends webhooks, as far as this process has their secrets. Returns the way to stop. */
export function startWebhooks({ config, names, outbox, logger, metrics }: WebhookParts): () => Promise<void> {
  const configured = [...names].flatMap((name): [string, WebhookConfig][] => {
    const { webhook } = config.environments.get(name) ?? {};
    return webhook ? [[name, webhook]] : [];
  });
  const webhooks = new Map(configured.filter(([, { keys }]) => keys.length > 0));
  const left = configured.filter(([name]) => !webhooks.has(name)).map(([name]) => name);
  if (left.length > 0) logger.info({ environments: left }, 'webhooks without a secret are left to others');
  if (webhooks.size === 0) return async () => {};
  logger.info({ environments: [...webhooks.keys()] }, 'webhooks are sent');
  for (const env of webhooks.keys()) metrics.expectDeliveries(env);
  const sender = new WebhookSender({
    webhooks,
    outbox,
    logger,
    timeoutMs: TIMEOUT_MS,
    onDelivery: (env, outcome) => metrics.countDelivery(env, outcome),
  });
  return () => within(sender.stop(), STOP_TIMEOUT_MS);
}
