import { Webhook } from 'standardwebhooks';
import t, { type Test } from 'tap';
import { writeConfig } from '../config/config-file.js';
import {
  HANG,
  type ReceivedPost,
  type Receiver,
  SECRET,
  startReceiver,
  TAKE,
  webhookTo,
} from '../webhooks/receiver.js';
import { type Body, type Stack, startStack } from './stack.js';
import { startWorkerProcess } from './worker-process.js';

t.setTimeout(240_000);

const REQUEST = { load_type: 'full', data_set: 'tree' };

async function prepareTrees(stack: Stack): Promise<{ good: string; bad: string }> {
  await stack.sql('CREATE TABLE tree (id int PRIMARY KEY)');
  await stack.put('tree.csv', 'id\n1\n');
  await stack.put('bad.csv', 'id\nx\n');
  return { good: `s3://${stack.source}/tree.csv`, bad: `s3://${stack.source}/bad.csv` };
}

function readEvent({ body, headers }: ReceivedPost): Body {
  return new Webhook(SECRET).verify(body, headers as Record<string, string>) as Body;
}

async function receiveEvent(receiver: Receiver, loadId: string): Promise<Body> {
  const [post] = await receiver.received(1, ({ body }) => JSON.parse(body).data.id === loadId);
  if (post === undefined) throw new Error(`no event of ${loadId}`);
  return readEvent(post);
}

async function setPaused(stack: Stack, command: 'pause' | 'resume'): Promise<void> {
  const response = await fetch(`${stack.url}/v1/environments/development/${command}`, { method: 'POST' });
  if (!response.ok) throw new Error(await response.text());
}

/** What of a load does not change when it is cleaned up. */
function lasting({ cleanup, version, ...load }: Body): Body {
  return load;
}

t.test('the end of each load is told, signed, as the API tells it', async (t) => {
  const receiver = await startReceiver(t);
  const lines: string[] = [];
  const url = `${receiver.url}/hidden-token`.replace('//', '//user:hidden-password@');
  const stack = await startStack(t, {
    environment: { webhook: webhookTo(url) },
    onLog: (line) => void lines.push(line),
  });
  const { good, bad } = await prepareTrees(stack);

  const check = async (t: Test, load: Body, status: string) => {
    const { type, timestamp, data } = await receiveEvent(receiver, load.id);
    t.match({ type, timestamp }, { type: `load.${status}`, timestamp: load.finished_at });
    t.same(lasting(data), lasting(load));
  };
  await t.test('of one that succeeded', async (t) =>
    check(t, await stack.load({ ...REQUEST, path: good }), 'succeeded'),
  );
  await t.test('of one that failed', async (t) =>
    check(t, await stack.load({ ...REQUEST, path: bad }), 'failed'),
  );
  await t.test('of one that was cancelled before it began', async (t) => {
    await setPaused(stack, 'pause');
    const { id } = await stack.post({ ...REQUEST, path: good });
    await stack.tell(id, 'cancel');
    await check(t, await stack.waitUntilDone(id), 'cancelled');
    await setPaused(stack, 'resume');
  });
  await t.test('of a second attempt, too', async (t) => {
    const [{ id } = {}] = await stack.sql("SELECT id FROM copydock.loads WHERE status = 'cancelled'");
    await stack.tell(String(id), 'retry');
    await stack.waitUntilDone(String(id));
    const posts = await receiver.received(2, ({ body }) => JSON.parse(body).data.id === id);
    t.match(posts.map(readEvent), [
      { type: 'load.cancelled', data: { attempt: 1 } },
      { type: 'load.succeeded', data: { attempt: 2 } },
    ]);
  });
  await t.test('and a receiver that hangs does not hold a load up', async (t) => {
    receiver.answer = HANG;
    const load = await stack.load({ ...REQUEST, path: good });
    t.equal(load.status, 'succeeded');
    await receiveEvent(receiver, load.id);
    const next = await stack.load({ ...REQUEST, path: good });
    t.equal(next.status, 'succeeded');
    t.match(
      await (await fetch(`${stack.url}/metrics`)).text(),
      /^copydock_webhook_events_undelivered\{env="development"\} [12]$/m,
    );
    receiver.answer = TAKE;
    receiver.release();
  });
  await t.test('no secret is told with it', async (t) => {
    await stack.waitUntilSql(
      'SELECT bool_and(delivered_at IS NOT NULL) AS done FROM copydock.webhook_events',
    );
    const metrics = await (await fetch(`${stack.url}/metrics`)).text();
    t.match(metrics, /^copydock_webhook_deliveries_total\{env="development",outcome="delivered"\} \d+$/m);
    const rows = await stack.sql('SELECT to_jsonb(e)::text AS event FROM copydock.webhook_events e');
    const all = [metrics, ...lines, JSON.stringify(rows), ...receiver.posts.map(({ body }) => body)].join(
      '\n',
    );
    for (const secret of ['hidden', SECRET, SECRET.slice('whsec_'.length)])
      t.notOk(all.includes(secret), secret);
  });
});

t.test('a process that is killed before it could note the delivery loses no event', async (t) => {
  const receiver = await startReceiver(t);
  const webhook = webhookTo(receiver.url);
  const stack = await startStack(t, { hasWorker: false, environment: { webhook: { ...webhook, keys: [] } } });
  const { good } = await prepareTrees(stack);
  const worker = await startWorkerProcess(t, stack, {
    TREE_SECRET: SECRET,
    COPYDOCK_CONFIG: await writeConfig(
      t,
      `environments: { development: { webhook: { url: "${receiver.url}", secrets: ["\${TREE_SECRET}"] } } }`,
    ),
  });
  receiver.answer = (response, number) =>
    void (number === 1 ? worker.end('SIGKILL').then(() => response.destroy()) : TAKE(response, number));
  const { id } = await stack.post({ ...REQUEST, path: good });
  await receiver.received(1);
  await worker.end('SIGKILL');
  t.match(await stack.sql('SELECT deliveries, delivered_at FROM copydock.webhook_events'), [
    { deliveries: 1, delivered_at: null },
  ]);
  await stack.sql('UPDATE copydock.webhook_events SET due_at = now()');

  const environments = new Map(stack.config.environments);
  const development = environments.get('development');
  if (development === undefined) throw new Error('development is not configured');
  environments.set('development', { ...development, webhook });
  await stack.startWorker(t, { environments });
  const posts = await receiver.received(2);
  t.equal(posts[1]?.headers['webhook-id'], posts[0]?.headers['webhook-id']);
  t.match(posts.map(readEvent), [
    { type: 'load.succeeded', data: { id } },
    { type: 'load.succeeded', data: { id } },
  ]);
});
