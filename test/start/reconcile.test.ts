import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Config } from '../../src/config/types.js';
import { loadConfig } from '../../src/config.js';
import { createLogger } from '../../src/logger.js';
import { startApi } from '../../src/start/api.js';
import { type ReconciledTarget, reconcileAll } from '../../src/start/reconcile.js';
import { startWorker } from '../../src/start/worker.js';
import { submit } from '../cli/ground.js';
import { createTestDatabase, withClient } from '../services/database.js';
import { createTestRedis } from '../services/redis.js';
import { createTestBucket, putTestObject } from '../services/s3.js';
import { serviceVariable } from '../services/service-variables.js';

// biome-ignore lint/suspicious/noExplicitAny: bodies of answers are looked at field by field
type Body = Record<string, any>;

/** A control database and a target, with one file of two rows for the table `licence`. */
async function prepare(t: Test) {
  const control = await createTestDatabase(t, { migrated: true });
  const target = await createTestDatabase(t, { migrated: true });
  const bucket = await createTestBucket(t);
  await putTestObject(bucket, 'data/licence.csv', 'licence\nogl3\ncc0\n');
  await withClient(target, (client) => client.query('CREATE TABLE licence (licence text)'));
  const config = await configOf(t, control, target);
  return {
    control,
    target,
    bucket,
    countRows: () =>
      withClient(target, async (client) => (await client.query('SELECT FROM licence')).rowCount),
    reconcile: async ({ adopt = false } = {}): Promise<ReconciledTarget> => {
      for await (const reconciled of reconcileAll(config, { adopt })) return reconciled;
      throw new Error('no target');
    },
    serve: (use: (url: string) => Promise<unknown>) => serve(config, use),
  };
}

async function configOf(t: Test, control: string, target: string): Promise<Config> {
  process.env.AWS_ACCESS_KEY_ID = serviceVariable('TEST_S3_ACCESS_KEY');
  process.env.AWS_SECRET_ACCESS_KEY = serviceVariable('TEST_S3_SECRET_KEY');
  const file = join(t.testdir(), 'copydock.yaml');
  const environments = { development: { database_url: target }, local: { database_url: '' } };
  await writeFile(file, JSON.stringify({ environments }));
  return loadConfig({
    DATABASE_URL: control,
    QUEUE_URL: await createTestRedis(t),
    COPYDOCK_CONFIG: file,
    AWS_ENDPOINT_URL_S3: serviceVariable('TEST_S3_ENDPOINT'),
    PORT: '0',
    COPYDOCK_SHUTDOWN_TIMEOUT_S: '1',
  });
}

/** Services are stopped before a database is restored, as docs/operators.md asks. */
async function serve(config: Config, use: (url: string) => Promise<unknown>): Promise<void> {
  const logger = createLogger('silent');
  const api = await startApi(config, logger);
  const worker = await startWorker(config, logger);
  try {
    await use(api.url);
  } finally {
    await Promise.all([worker.stop(), api.stop()]);
  }
}

async function waitUntilDone(url: string, id: string): Promise<Body> {
  const giveUpAt = Date.now() + 60_000;
  for (;;) {
    const load = (await (await fetch(`${url}/v1/loads/${id}?wait=10`)).json()) as Body;
    if (load.done && load.cleanup?.status !== 'pending') return load;
    if (Date.now() > giveUpAt) throw new Error(`not done: ${JSON.stringify(load)}`);
  }
}

async function loadFull(url: string, bucket: string): Promise<Body> {
  return waitUntilDone(url, await submit(url, bucket));
}

/** Answers how to bring a database back to what it is now. */
async function backUp(t: Test, url: string): Promise<() => Promise<void>> {
  const name = new URL(url).pathname.slice(1);
  const copy = `${name}_backup`;
  const admin = (sql: string) =>
    withClient(serviceVariable('TEST_DATABASE_URL'), (client) => client.query(sql));
  const copyDatabase = async (from: string, to: string) => {
    await admin(`DROP DATABASE IF EXISTS ${to} WITH (FORCE)`);
    await admin(`CREATE DATABASE ${to} TEMPLATE ${from}`);
  };
  await copyDatabase(name, copy);
  t.teardown(() => admin(`DROP DATABASE IF EXISTS ${copy} WITH (FORCE)`));
  return () => copyDatabase(copy, name);
}

const kinds = ({ findings }: ReconciledTarget) => findings.map(({ kind, subject }) => `${kind} ${subject}`);

t.test('a restored target: what it lost is listed until it is loaded again', async (t) => {
  const { target, bucket, serve, reconcile, countRows } = await prepare(t);
  const restore = await backUp(t, target);
  let id = '';
  await serve(async (url) => {
    id = (await loadFull(url, bucket)).id;
  });
  t.match(await reconcile(), { compared: 1, findings: [] });
  await restore();
  t.equal(await countRows(), 0);
  const found = await reconcile();
  t.strictSame(kinds(found), [`missing_in_target ${id}`]);
  await serve(async (url) => t.equal((await loadFull(url, bucket)).status, 'succeeded'));
  t.equal(await countRows(), 2);
  t.match(await reconcile(), { compared: 2, findings: [] });
});

t.test('a restored control database: new loads succeed again once the order was adopted', async (t) => {
  const { control, bucket, serve, reconcile } = await prepare(t);
  await serve(async (url) => t.equal((await loadFull(url, bucket)).status, 'succeeded'));
  const restore = await backUp(t, control);
  const lost: string[] = [];
  await serve(async (url) => {
    for (let count = 0; count < 3; count += 1) lost.push((await loadFull(url, bucket)).id);
  });
  await restore();
  const unknown = lost.map((id) => `unknown_to_control ${id}`);
  t.strictSame(kinds(await reconcile()), ['order_behind public.licence/*', ...unknown]);
  await serve(async (url) => t.match(await loadFull(url, bucket), { error: { code: 'superseded' } }));
  t.strictSame(kinds(await reconcile({ adopt: true })), unknown);
  await serve(async (url) => t.equal((await loadFull(url, bucket)).status, 'succeeded'));
});

t.test('a new control database: its loads succeed once the fences were adopted', async (t) => {
  const { control, bucket, serve, reconcile } = await prepare(t);
  const restore = await backUp(t, control);
  await serve(async (url) => t.equal((await loadFull(url, bucket)).status, 'succeeded'));
  await restore();
  await withClient(control, (client) =>
    client.query('UPDATE copydock.control_state SET control_id = gen_random_uuid()'),
  );
  t.strictSame(kinds(await reconcile()), ['foreign_fence public.licence/*']);
  await serve(async (url) => t.match(await loadFull(url, bucket), { error: { code: 'target_foreign' } }));
  const adopted = await reconcile({ adopt: true });
  t.equal(adopted.adopted, 1);
  t.match(kinds(adopted), [/^unknown_to_control /]);
  await serve(async (url) => t.equal((await loadFull(url, bucket)).status, 'succeeded'));
});

t.test('a load that the restored control database calls failed is found by a retry', async (t) => {
  const { control, bucket, serve, reconcile, countRows } = await prepare(t);
  let id = '';
  await serve(async (url) => {
    const body = {
      load_type: 'delta',
      disposition: 'append',
      data_set: 'licence',
      path: `s3://${bucket}/later/licence.csv`,
      env: 'development',
      s3_bucket: bucket,
    };
    const answer = await fetch(`${url}/v1/loads`, { method: 'POST', body: JSON.stringify(body) });
    id = ((await answer.json()) as Body).id;
    t.equal((await waitUntilDone(url, id)).status, 'failed');
  });
  const retry = async (url: string) => {
    await fetch(`${url}/v1/loads/${id}/retry`, { method: 'POST' });
    return waitUntilDone(url, id);
  };
  const restore = await backUp(t, control);
  await putTestObject(bucket, 'later/licence.csv', 'licence\nogl3\ncc0\n');
  await serve(async (url) => t.equal((await retry(url)).status, 'succeeded'));
  await restore();
  t.strictSame(kinds(await reconcile()), [`status_differs ${id}`]);
  await serve(async (url) => t.equal((await retry(url)).status, 'succeeded'));
  t.equal(await countRows(), 2, 'it was not applied twice');
  t.match(await reconcile(), { findings: [] });
});
