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
