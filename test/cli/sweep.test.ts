import t from 'tap';
import { withClient } from '../services/database.js';
import { prepareServices, submit, urlOf } from './ground.js';
import { runCopydock, startCopydock } from './run-copydock.js';

t.test('sweep wakes the workers for loads that nobody works on', async (t) => {
  const { env, bucket } = await prepareServices(t);
  const api = startCopydock(t, ['api'], env);
  const url = await urlOf(api);
  const id = await submit(url, bucket);
  api.child.kill('SIGTERM');
  await api.ended;
  await withClient(env.DATABASE_URL ?? '', async (client) => {
    await client.query('UPDATE copydock.loads SET wake_at = now() WHERE id = $1', [id]);
  });
  const { exitCode, stdout } = await runCopydock(t, ['sweep'], env);
  t.equal(exitCode, 0);
  t.equal(stdout, '1 wake-up sent\n');
});

t.test('sweep ends with 1 and says so where the queue does not take the wake-ups', async (t) => {
  const { env, bucket, sql } = await prepareServices(t);
  const api = startCopydock(t, ['api'], env);
  const id = await submit(await urlOf(api), bucket);
  api.child.kill('SIGTERM');
  await api.ended;
  await sql(`UPDATE copydock.loads SET wake_at = now() WHERE id = '${id}'`);
  const down = { ...env, QUEUE_URL: 'redis://user:hush@127.0.0.1:1' };
  const { exitCode, stdout, stderr } = await runCopydock(t, ['sweep'], down);
  t.equal(exitCode, 1);
  t.equal(stdout, '0 wake-ups sent\n');
  t.match(stderr, '1 wake-up not sent: the queue (QUEUE_URL) does not take them.');
  t.notMatch(stderr, 'hush');
});
