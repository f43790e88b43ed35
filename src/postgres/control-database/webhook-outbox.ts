import type { DueWebhookEvent, WebhookOutbox } from '../../loads/webhook-event.js';
import type { ControlConnection } from './connection.js';
import { type LoadRow, readLoad } from './row.js';

/** What to_jsonb made of a row of copydock.loads: times are text. */
type StoredLoad = {
  [Column in keyof LoadRow]: LoadRow[Column] extends Date | null
    ? Exclude<LoadRow[Column], Date> | string
    : LoadRow[Column];
};

interface EventRow {
  id: string;
  env: string;
  load: StoredLoad;
  deliveries: number;
}

/** The rows of copydock.webhook_events, which a trigger writes where a load ends. */
export class PostgresWebhookOutbox implements WebhookOutbox {
  readonly #control: ControlConnection;

  constructor(control: ControlConnection) {
    this.#control = control;
  }

  async claim(room: ReadonlyMap<string, number>, leaseMs: number): Promise<DueWebhookEvent[]> {
    const { rows } = await this.#control.query<EventRow>(
      `WITH due AS (
         SELECT event.id FROM unnest($1::text[], $2::int[]) AS room (env, events)
         CROSS JOIN LATERAL (
           SELECT e.id FROM copydock.webhook_events e WHERE e.env = room.env AND e.due_at <= now()
           ORDER BY e.due_at LIMIT room.events FOR UPDATE SKIP LOCKED) event
       )
       UPDATE copydock.webhook_events SET deliveries = deliveries + 1, due_at = now() + $3 * interval '1 ms'
        WHERE id IN (SELECT id FROM due)
       RETURNING id, env, load, deliveries`,
      [[...room.keys()], [...room.values()], leaseMs],
    );
    return rows.map(readEvent);
  }

  /** Whoever holds it by now: it was delivered. */
  async markDelivered({ id }: DueWebhookEvent): Promise<void> {
    await this.#control.query(
      `UPDATE copydock.webhook_events SET delivered_at = now(), given_up_at = NULL, due_at = NULL, load = NULL
        WHERE id = $1 AND delivered_at IS NULL`,
      [id],
    );
  }

  async postpone({ id, delivery }: DueWebhookEvent, fault: string, delayMs: number): Promise<void> {
    await this.#control.query(
      `UPDATE copydock.webhook_events SET last_fault = $3, due_at = now() + $4 * interval '1 ms'
        WHERE id = $1 AND deliveries = $2 AND due_at IS NOT NULL`,
      [id, delivery, fault, delayMs],
    );
  }

  async giveUp({ id, delivery, load }: DueWebhookEvent, fault: string): Promise<void> {
    await this.#control.query(
      `WITH given_up AS (
         UPDATE copydock.webhook_events SET last_fault = $3, given_up_at = now(), due_at = NULL
          WHERE id = $1 AND deliveries = $2 AND due_at IS NOT NULL
         RETURNING load_id)
       INSERT INTO copydock.load_logs (load_id, attempt, level, message)
       SELECT load_id, $4, 'warning', 'Webhook given up after ' || $2::int || ' deliveries: ' || $3 FROM given_up`,
      [id, delivery, fault, load.attempt],
    );
  }
}

function readEvent({ id, env, load, deliveries }: EventRow): DueWebhookEvent {
  return { id, env, load: readLoad(restoreTimes(load)), delivery: deliveries };
}

function restoreTimes(load: StoredLoad): LoadRow {
  const restore = (time: string | null) => (time === null ? null : new Date(time));
  return {
    ...load,
    accepted_at: new Date(load.accepted_at),
    attempt_at: new Date(load.attempt_at),
    deadline_at: new Date(load.deadline_at),
    started_at: restore(load.started_at),
    finished_at: restore(load.finished_at),
  };
}
