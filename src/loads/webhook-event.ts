import type { Load } from './load.js';

/** An end of a load that is to be told, as one delivery of it was handed to one sender. */
export interface DueWebhookEvent {
  /** The same over all deliveries. */
  id: string;
  env: string;
  /** As it ended: it may have been tried again since. */
  load: Load;
  /** 1 for the first one. */
  delivery: number;
}

/** Ends that are to be told. Each was stored in the transaction that ended the load. Every method may throw `unavailable`. */
export interface WebhookOutbox {
  /**
   * Hands out at most so many due events of each environment. Nobody else gets them for `leaseMs`; then they are due again,
   * unless it was said what became of them.
   */
  claim(room: ReadonlyMap<string, number>, leaseMs: number): Promise<DueWebhookEvent[]>;
  markDelivered(event: DueWebhookEvent): Promise<void>;
  postpone(event: DueWebhookEvent, fault: string, delayMs: number): Promise<void>;
  giveUp(event: DueWebhookEvent, fault: string): Promise<void>;
}
