import t from 'tap';
import { TERMINAL_STATUSES } from '../../../src/loads/load-status.js';
import type { DueWebhookEvent } from '../../../src/loads/webhook-event.js';
import { claimLoad } from '../../../src/postgres/control-database/claims.js';
import { connectControl } from '../../../src/postgres/control-database/connection.js';
import { type Ending, finishLoad } from '../../../src/postgres/control-database/finish.js';
import { PostgresWebhookOutbox } from '../../../src/postgres/control-database/webhook-outbox.js';
import {
  acceptedLoad,
  changeLoad,
  createControlDatabase,
  LEASE_EXPIRED,
  readValue,
} from './control-database.js';

const LEASE_MS = 60_000;

const { pool, store } = await createControlDatabase(t);
const control = connectControl(pool);
const outbox = new PostgresWebhookOutbox(control);

t.beforeEach(async () => {
  await pool.query('DELETE FROM copydock.loads');
  await pool.query(
    "UPDATE copydock.control_state SET last_sweep_at = now(), no_takeover_until = '-infinity'",
  );
});

async function accept(webhookStates = [...TERMINAL_STATUSES], env = 'development'): Promise<string> {
  const accepted = acceptedLoad({ webhookStates });
  const { id: scopeTable, request } = accepted;
  const { load } = await store.accept({ ...accepted, scopeTable, request: { ...request, env } });
  return load.id;
}

async function finish(id: string, status: Ending['status']): Promise<void> {
  const claimed = await claimLoad(control, id, 'worker', 15_000);
  if (claimed === null) throw new Error('not claimed');
  await finishLoad(control, claimed, { from: claimed.status, status, receipt: null, error: null });
}

function claim(room = 10): Promise<DueWebhookEvent[]> {
  return outbox.claim(new Map([['development', room]]), LEASE_MS);
}

async function claimOne(): Promise<DueWebhookEvent> {
  const [event, ...others] = await claim();
  if (event === undefined || others.length > 0) throw new Error('not one event');
  return event;
}

async function makeDue(): Promise<void> {
  await pool.query('UPDATE copydock.webhook_events SET due_at = now() WHERE due_at IS NOT NULL');
}

const ENDS: [how: string, status: string, end: (id: string) => Promise<unknown>][] = [
  ['a worker has applied it', 'succeeded', (id) => finish(id, 'succeeded')],
  ['a worker gives it up', 'failed', (id) => finish(id, 'failed')],
  ['it is cancelled before a worker took it', 'cancelled', (id) => store.cancel(id)],
  [
    'its time limit has passed in the queue',
    'failed',
    async (id) => {
      await changeLoad(pool, id, "deadline_at = now() - interval '1 s'");
      await store.sweep();
    },
  ],
  [
    'the worker that should have cancelled it is gone',
    'cancelled',
    async (id) => {
      await changeLoad(pool, id, `cancel_requested = true, status = 'copying', ${LEASE_EXPIRED}`);
      await store.sweep();
    },
  ],
  [
    'a worker of the older version ends it',
    'failed',
    (id) => changeLoad(pool, id, "status = 'failed', finished_at = now()"),
  ],
];

for (const [how, status, end] of ENDS) {
  t.test(`an event is stored where ${how}`, async (t) => {
    const id = await accept();
    await end(id);
    const event = await claimOne();
    t.match(event, { env: 'development', delivery: 1, load: { id, status } });
    t.same(event.load, await store.get(id));
  });
}

t.test('without a webhook, or for another end than is wanted, there is no event', async (t) => {
  await finish(await accept([]), 'failed');
  await finish(await accept(['failed']), 'succeeded');
  t.same(await claim(), []);
  const wanted = await accept(['failed', 'cancelled']);
  await finish(wanted, 'failed');
  t.equal((await claimOne()).load.id, wanted);
});

t.test('an end that is not committed is not told', async (t) => {
  const id = await accept();
  const client = await pool.connect();
  await client.query('BEGIN');
  await client.query(`UPDATE copydock.loads SET status = 'failed', finished_at = now() WHERE id = $1`, [id]);
  t.same(await claim(), []);
  await client.query('ROLLBACK');
  client.release();
  t.same(await claim(), []);
});

t.test('each attempt has an event of its own, with the load as it ended then', async (t) => {
  const id = await accept();
  await finish(id, 'failed');
  await store.retry(id);
  await store.cancel(id);
  const events = await claim();
  t.same(events.map(({ load }) => [load.attempt, load.status]).sort(), [
    [1, 'failed'],
    [2, 'cancelled'],
  ]);
  t.equal(new Set(events.map((event) => event.id)).size, 2);
});

t.test(
  'of two senders one gets an event, and the other only after the lease, under the same id',
  async (t) => {
    for (let load = 0; load < 6; load++) await store.cancel(await accept());
    const taken = (await Promise.all([claim(3), claim(3)])).flat();
    t.equal(new Set(taken.map(({ id }) => id)).size, 6);
    t.same(await claim(), []);
    await makeDue();
    const again = await claim();
    t.same(again.map(({ id }) => id).sort(), taken.map(({ id }) => id).sort());
    t.ok(again.every(({ delivery }) => delivery === 2));
  },
);

t.test('a backlog of one environment takes no room from another', async (t) => {
  for (let load = 0; load < 3; load++) await store.cancel(await accept());
  await store.cancel(await accept(['cancelled'], 'production'));
  const events = await outbox.claim(
    new Map([
      ['development', 2],
      ['production', 2],
    ]),
    LEASE_MS,
  );
  t.same(events.map(({ env }) => env).sort(), ['development', 'development', 'production']);
  t.same(await outbox.claim(new Map([['staging', 2]]), LEASE_MS), []);
});

t.test('what was delivered is never due again, whatever another sender says later', async (t) => {
  await store.cancel(await accept());
  const slow = await claimOne();
  await makeDue();
  const other = await claimOne();
  await outbox.markDelivered(slow);
  await outbox.postpone(other, 'answered 500', 0);
  await outbox.giveUp(other, 'answered 410');
  t.same(await claim(), []);
  t.same(
    await readValue(
      pool,
      'SELECT (delivered_at IS NOT NULL, given_up_at, load)::text FROM copydock.webhook_events',
    ),
    '(t,,)',
  );
});

t.test('who lost an event to another sender does not move it', async (t) => {
  await store.cancel(await accept());
  const lost = await claimOne();
  await makeDue();
  const held = await claimOne();
  await outbox.postpone(lost, 'no answer', 0);
  await outbox.giveUp(lost, 'no answer');
  t.same(await claim(), []);
  await outbox.postpone(held, 'answered 500', 0);
  t.equal((await claimOne()).delivery, 3);
});

t.test('an event that is given up is kept, and the log of the load says why', async (t) => {
  const id = await accept();
  await store.cancel(id);
  await outbox.giveUp(await claimOne(), 'answered 410');
  await makeDue();
  t.same(await claim(), []);
  t.match((await store.logs(id, 0, 100)).at(-1), {
    attempt: 1,
    level: 'warning',
    message: 'Webhook given up after 1 deliveries: answered 410',
  });
  t.ok(await readValue(pool, 'SELECT load FROM copydock.webhook_events'));
});

t.test('events go with their load when it was kept for long enough', async (t) => {
  const id = await accept();
  await store.cancel(id);
  await changeLoad(pool, id, "finished_at = now() - interval '31 days'");
  t.equal(await store.expire(30), 1);
  t.equal(await readValue(pool, 'SELECT count(*)::int FROM copydock.webhook_events'), 0);
});
