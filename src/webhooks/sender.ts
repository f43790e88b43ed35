import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { WebhookConfig } from '../config/types.js';
import type { DueWebhookEvent, WebhookOutbox } from '../loads/webhook-event.js';
import type { DeliveryOutcome } from '../metrics/process-metrics.js';
import { describeEvent } from './describe-event.js';
import { postEvent } from './post.js';
import { decideRetryMs, type Fault } from './retry.js';
import { signWebhook } from './sign.js';

const POLL_INTERVAL_MS = 1_000;
const PAUSE_AFTER_FAULT_MS = 3_000;
/** A receiver that hangs takes these of its own environment and none of another. */
const POSTS_PER_ENVIRONMENT = 4;
/** Beyond the timeout of a post: to say what became of it. */
const LEASE_MARGIN_MS = 15_000;

export interface WebhookSenderParts {
  /** By environment; each has a key at least. */
  webhooks: ReadonlyMap<string, WebhookConfig>;
  outbox: WebhookOutbox;
  logger: Logger;
  timeoutMs: number;
  onDelivery?: (env: string, outcome: DeliveryOutcome) => void;
}

/**
 * Delivers what is due, until it is stopped. Of several senders one gets each delivery; a sender that dies is made good by
 * another after the lease, so that an event may come twice, under the same id.
 */
export class WebhookSender {
  readonly #parts: WebhookSenderParts;
  readonly #stopping = new AbortController();
  readonly #underWay = new Map<string, Set<Promise<void>>>();
  readonly #running: Promise<void>;

  constructor(parts: WebhookSenderParts) {
    this.#parts = parts;
    for (const env of parts.webhooks.keys()) this.#underWay.set(env, new Set());
    setMaxListeners(0, this.#stopping.signal);
    this.#running = this.#run();
  }

  /** Sends once more what is due, as far as there is room, and waits for what is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#sendDue();
    await Promise.all(this.#posts());
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const claimed = await this.#sendDue();
      const pauseMs = claimed === null ? PAUSE_AFTER_FAULT_MS : POLL_INTERVAL_MS;
      const pause = delay(pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
      await Promise.race(claimed ? [pause, ...this.#posts()] : [pause]);
    }
  }

  /** Answers how many events it took; null: the control database could not be asked. */
  async #sendDue(): Promise<number | null> {
    const room = new Map(
      [...this.#underWay].flatMap(([env, posts]) =>
        posts.size < POSTS_PER_ENVIRONMENT ? [[env, POSTS_PER_ENVIRONMENT - posts.size]] : [],
      ),
    );
    if (room.size === 0) return 0;
    const { outbox, timeoutMs, logger } = this.#parts;
    try {
      const events = await outbox.claim(room, timeoutMs + LEASE_MARGIN_MS);
      for (const event of events) this.#begin(event);
      return events.length;
    } catch (error) {
      logger.warn({ err: error }, 'webhooks could not be looked for');
      return null;
    }
  }

  #begin(event: DueWebhookEvent): void {
    const posts = this.#underWay.get(event.env);
    const post = this.#deliver(event)
      .catch((error: unknown) => {
        this.#parts.logger.warn(
          { err: error, load: event.load.id, webhook: event.id },
          'what became of a webhook could not be stored; it will be sent again',
        );
      })
      .finally(() => posts?.delete(post));
    posts?.add(post);
  }

  async #deliver(event: DueWebhookEvent): Promise<void> {
    const { webhooks, outbox, timeoutMs } = this.#parts;
    const webhook = webhooks.get(event.env);
    if (webhook === undefined) return;
    const body = JSON.stringify(describeEvent(event.load));
    const timestampS = Math.floor(Date.now() / 1_000);
    const headers = signWebhook({ id: event.id, timestampS, body }, webhook.keys);
    const fault = await postEvent({ url: webhook.url, headers, body, timeoutMs });
    if (fault !== null) return this.#settleFault(event, webhook, fault);
    await outbox.markDelivered(event);
    this.#parts.onDelivery?.(event.env, 'delivered');
  }

  async #settleFault(event: DueWebhookEvent, { url }: WebhookConfig, fault: Fault): Promise<void> {
    const { outbox, logger, onDelivery } = this.#parts;
    const { id, env, load, delivery } = event;
    const facts = { load: load.id, env, webhook: id, delivery, receiver: new URL(url).host };
    const retryMs = decideRetryMs(fault, delivery, Math.random());
    if (retryMs === null) {
      await outbox.giveUp(event, fault.detail);
      logger.error(facts, `webhook given up: ${fault.detail}`);
      onDelivery?.(env, 'given_up');
    } else {
      await outbox.postpone(event, fault.detail, retryMs);
      logger.warn({ ...facts, retryInS: Math.round(retryMs / 1_000) }, `webhook not taken: ${fault.detail}`);
      onDelivery?.(env, 'failed');
    }
  }

  #posts(): Promise<void>[] {
    return [...this.#underWay.values()].flatMap((posts) => [...posts]);
  }
}
