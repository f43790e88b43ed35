import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { createTestDatabase } from '../services/database.js';
import { waitUntil } from '../services/processes.js';
import { listTestObjects } from '../services/s3.js';
import { prepareServices, submit, urlOf, waitForStatus } from './ground.js';
import { runCopydock, startCopydock } from './run-copydock.js';

const STAGED = 'tmp/postgres-copy/';

t.test('a service stopped during a load gives it back, and another worker ends it', async (t) => {
  const { env, bucket, sql, whileLocked } = await prepareServices(t);
  const serve = startCopydock(t, ['serve'], { ...env, COPYDOCK_SHUTDOWN_TIMEOUT_S: '1' });
  const url = await urlOf(serve);
  let id = '';
  await whileLocked(async () => {
    id = await submit(url, bucket);
    await waitForStatus(url, id, /copying/);
    serve.child.kill('SIGTERM');
    t.equal((await serve.ended).exitCode, 0, 'it stops cleanly');
    t.match(await sql('SELECT finished_at, lease_owner FROM copydock.loads'), [
      { finished_at: null, lease_owner: null },
    ]);
  });

  const worker = startCopydock(t, ['worker'], env);
  const api = startCopydock(t, ['api'], env);
  await waitForStatus(await urlOf(api), id, /succeeded/);
  for (const service of [worker, api]) {
    service.child.kill('SIGTERM');
    t.equal((await service.ended).exitCode, 0);
  }
  t.strictSame(await sql('SELECT licence FROM licence ORDER BY 1'), [
    { licence: 'cc0' },
    { licence: 'ogl3' },
  ]);
  t.strictSame(await listTestObjects(bucket, STAGED), [], 'nothing is left in the staging bucket');
  t.strictSame(await sql("SELECT relname FROM pg_class WHERE relname LIKE 'staging\\_%'"), []);
});

t.test('a second signal ends the process at once', async (t) => {
  const { env, bucket, whileLocked } = await prepareServices(t);
  const serve = startCopydock(t, ['serve'], { ...env, COPYDOCK_SHUTDOWN_TIMEOUT_S: '100' });
  const url = await urlOf(serve);
  await whileLocked(async () => {
    await waitForStatus(url, await submit(url, bucket), /copying/);
    serve.child.kill('SIGTERM');
    await serve.printed(/stopping on SIGTERM/);
    let hasEnded = false;
    serve.ended.then(() => {
      hasEnded = true;
    });
    // Echoes within half a second of the first signal don't count, so it is sent until it does.
    for (let sent = 0; !hasEnded && sent < 50; sent++) {
      serve.child.kill('SIGTERM');
      await delay(100);
    }
    t.equal((await serve.ended).exitCode, 128 + 15);
  });
});

t.test('services say what to do where the tables are missing', async (t) => {
  const DATABASE_URL = await createTestDatabase(t, { migrated: false });
  const env = { DATABASE_URL, QUEUE_URL: DATABASE_URL };
  for (const command of ['serve', 'sweep']) {
    const { exitCode, stderr } = await runCopydock(t, [command], env);
    t.equal(exitCode, 1, command);
    t.match(stderr, /lacks 0001_loads\b.* of Copydock's tables/, command);
    t.match(stderr, 'Run: copydock migrate', command);
  }
  const migrated = await createTestDatabase(t, { migrated: true });
  const { exitCode, stderr } = await runCopydock(t, ['api'], { ...env, DATABASE_URL: migrated });
  t.equal(exitCode, 1, stderr);
  t.match(stderr, "The queue's database (QUEUE_URL) lacks the queue's tables.\n");
});

t.test('a worker tells of its loads on the metrics port', async (t) => {
  const { env, bucket } = await prepareServices(t);
  const api = startCopydock(t, ['api'], env);
  const worker = startCopydock(t, ['worker'], { ...env, COPYDOCK_METRICS_PORT: '0' });
  const listening = /"url":"(http:[^"]+)","msg":"metrics listening"/;
  const [, port = ''] = listening.exec(await worker.printed(listening)) ?? [];
  t.equal((await fetch(`${port}/readyz`)).status, 200);
  const url = await urlOf(api);
  await waitForStatus(url, await submit(url, bucket), /succeeded/);
  let text = '';
  // The end of a load is told before it is counted.
  await waitUntil('the count of the load', 10_000, async () => {
    text = await (await fetch(`${port}/metrics`)).text();
    return text.includes('copydock_loads_ended_total{');
  });
  t.match(text, /^copydock_loads_ended_total\{.*status="succeeded",code=""\} 1$/m);
  t.match(text, /^copydock_rows_total\{.*fate="inserted"\} 2$/m);
  t.match(text, /^copydock_database_connections\{database="worker_control",state="max"\} \d+$/m);
  t.match(text, /^copydock_buffer_bytes_max \d+$/m);
  t.match(text, /^copydock_sweeps_total\{outcome="done"\} [1-9]/m);
});
