import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import t, { type Test } from 'tap';
import { TERMINAL_STATUSES } from '../../src/loads/load-status.js';
import { createLogger } from '../../src/logger.js';
import { connectControl } from '../../src/postgres/control-database/connection.js';
import { PostgresWebhookOutbox } from '../../src/postgres/control-database/webhook-outbox.js';
import { WebhookSender } from '../../src/webhooks/sender.js';
import {
  acceptedLoad,
  createControlDatabase,
  readValue,
} from '../postgres/control-database/control-database.js';
import {
  FORMER_SECRET,
  HANG,
  type ReceivedPost,
  refuse,
  SECRET,
  startReceiver,
  TAKE,
  webhookTo,
} from './receiver.js';

const { pool, store } = await createControlDatabase(t);
const outbox = new PostgresWebhookOutbox(connectControl(pool));

t.beforeEach(() => pool.query('DELETE FROM copydock.loads'));

async function endLoad(env = 'development'): Promise<string> {
  const accepted = acceptedLoad({ webhookStates: [...TERMINAL_STATUSES] });
  const { load } = await store.accept({ ...accepted, request: { ...accepted.request, env } });
  await store.cancel(load.id);
  return load.id;
}

interface Sending {
  lines: string[];
  outcomes: string[];
  stop(): Promise<void>;
}

function send(
  t: Test,
  urls: Record<string, string>,
  { secrets = [SECRET], timeoutMs = 10_000 } = {},
): Sending {
  const sending: Sending = { lines: [], outcomes: [], stop: () => sender.stop() };
  const sender = new WebhookSender({
    webhooks: new Map(Object.entries(urls).map(([env, url]) => [env, webhookTo(url, secrets)])),
    outbox,
    logger: createLogger('trace', { write: (line) => void sending.lines.push(line) }),
    timeoutMs,
    onDelivery: (_, outcome) => void sending.outcomes.push(outcome),
  });
  t.teardown(() => sender.stop());
  return sending;
}

/** Polls the events until the condition holds for each. */
async function waitUntilAll(condition: string): Promise<void> {
  const giveUpAt = Date.now() + 60_000;
  while ((await readValue(pool, `SELECT bool_and(${condition}) FROM copydock.webhook_events`)) !== true) {
    if (Date.now() > giveUpAt) throw new Error(`never: ${condition}`);
    await sleep(20);
  }
}

async function makeDue(): Promise<void> {
  await pool.query('UPDATE copydock.webhook_events SET due_at = now() WHERE due_at IS NOT NULL');
}

function idsOf(posts: ReceivedPost[]): (string | undefined)[] {
  return posts.map(({ headers }) => String(headers['webhook-id']));
}

function verify({ body, headers }: ReceivedPost, secret: string): unknown {
  return new Webhook(secret).verify(body, headers as Record<string, string>);
}

t.test('what was not taken is sent again under the same id, signed anew, until it is', async (t) => {
  const receiver = await startReceiver(t, (response, number) =>
    (number === 1 ? refuse(500) : TAKE)(response, number),
  );
  const load = await endLoad();
  const { lines, outcomes, stop } = send(t, { development: receiver.url });
  await waitUntilAll("last_fault = 'answered 500'");
  t.ok(
    await readValue(pool, "SELECT due_at > now() + interval '2 s' FROM copydock.webhook_events"),
    'not at once',
  );
  await makeDue();
  await waitUntilAll('delivered_at IS NOT NULL');
  await stop();
  t.equal(new Set(idsOf(receiver.posts)).size, 1);
  t.equal(receiver.posts.length, 2);
  t.equal(new Set(receiver.posts.map(({ body }) => body)).size, 1);
  for (const post of receiver.posts)
    t.match(verify(post, SECRET), { type: 'load.cancelled', data: { id: load } });
  t.same(outcomes, ['failed', 'delivered']);
  t.match(JSON.parse(lines[0] ?? ''), {
    level: 'warn',
    load,
    env: 'development',
    delivery: 1,
    msg: 'webhook not taken: answered 500',
  });
});

t.test('a receiver that does not answer in time gets it again', async (t) => {
  const receiver = await startReceiver(t, HANG);
  await endLoad();
  const { outcomes, stop } = send(t, { development: receiver.url }, { timeoutMs: 50 });
  await waitUntilAll("last_fault = 'no answer within 0.05 s'");
  await stop();
  t.equal(outcomes[0], 'failed');
});

t.test('410 ends it, and the log names the load but not the address', async (t) => {
  const receiver = await startReceiver(t, refuse(410));
  const load = await endLoad();
  const { lines, outcomes, stop } = send(t, {
    development: `${receiver.url}/token-in-path`.replace('//', '//user:hidden@'),
  });
  await waitUntilAll('given_up_at IS NOT NULL');
  await stop();
  t.match(JSON.parse(lines[0] ?? ''), { level: 'error', load, msg: 'webhook given up: answered 410' });
  t.same(outcomes, ['given_up']);
  for (const secret of ['hidden', 'token-in-path', SECRET, SECRET.slice(6)]) {
    t.notOk(lines.join('').includes(secret), secret);
  }
});

t.test('after the ninth delivery it is given up', async (t) => {
  const receiver = await startReceiver(t, refuse(500));
  await endLoad();
  await pool.query('UPDATE copydock.webhook_events SET deliveries = 8');
  const { outcomes, stop } = send(t, { development: receiver.url });
  await waitUntilAll('given_up_at IS NOT NULL AND deliveries = 9');
  await stop();
  t.same(outcomes, ['given_up']);
});

t.test('two senders share a backlog, and nothing is sent twice', async (t) => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning);
  process.on('warning', onWarning);
  t.teardown(() => process.off('warning', onWarning));
  const receiver = await startReceiver(t);
  const loads: string[] = [];
  for (let load = 0; load < 30; load++) loads.push(await endLoad());
  for (let sender = 0; sender < 2; sender++) send(t, { development: receiver.url });
  await waitUntilAll('delivered_at IS NOT NULL');
  t.equal(receiver.posts.length, 30);
  t.same(receiver.posts.map(({ body }) => JSON.parse(body).data.id).sort(), loads.sort());
  t.same(warnings, [], 'nor do listeners pile up');
});

t.test('a receiver that hangs does not keep another environment waiting', async (t) => {
  const hanging = await startReceiver(t, HANG);
  const receiver = await startReceiver(t);
  for (let load = 0; load < 6; load++) await endLoad();
  send(t, { development: hanging.url, production: receiver.url }, { timeoutMs: 60_000 });
  await hanging.received(4);
  const load = await endLoad('production');
  const [post] = await receiver.received(1);
  t.equal(JSON.parse(post?.body ?? '').data.id, load);
  t.equal(hanging.posts.length, 4, 'no more than four at once');
  hanging.answer = TAKE;
  hanging.release();
  await hanging.received(6);
});

t.test('receivers that know the former or the current secret verify while both are configured', async (t) => {
  const receiver = await startReceiver(t);
  await endLoad();
  send(t, { development: receiver.url }, { secrets: [SECRET, FORMER_SECRET] });
  const [post] = await receiver.received(1);
  if (post === undefined) throw new Error('nothing came');
  t.match(
    [verify(post, SECRET), verify(post, FORMER_SECRET)],
    [{ type: 'load.cancelled' }, { type: 'load.cancelled' }],
  );
});

t.test('a stop sends what is due first', async (t) => {
  const receiver = await startReceiver(t);
  const { stop } = send(t, { development: receiver.url });
  const loads = [await endLoad(), await endLoad()];
  await stop();
  t.same(receiver.posts.map(({ body }) => JSON.parse(body).data.id).sort(), loads.sort());
  await endLoad();
  t.equal(receiver.posts.length, 2);
});

t.test('an outage of the control database is outlived', async (t) => {
  const receiver = await startReceiver(t);
  await endLoad();
  await pool.query('ALTER TABLE copydock.webhook_events RENAME TO webhook_events_away');
  const { lines } = send(t, { development: receiver.url });
  const giveUpAt = Date.now() + 60_000;
  while (lines.length === 0 && Date.now() < giveUpAt) await sleep(20);
  await pool.query('ALTER TABLE copydock.webhook_events_away RENAME TO webhook_events');
  await receiver.received(1);
  t.match(lines[0], /webhooks could not be looked for/);
});
