import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { prepareServices } from './ground.js';
import { runCopydock } from './run-copydock.js';

t.test('reconcile says that all is well, or names each finding with what to do', async (t) => {
  const { env, sql } = await prepareServices(t);
  const well = await runCopydock(t, ['reconcile'], env);
  t.equal(well.exitCode, 0, well.stderr);
  t.match(well.stdout, /^target of development, local: .+: 0 loads compared, 0 findings\n$/);
  await sql(`INSERT INTO copydock.fences (scope, last_order, control_id)
    SELECT 'public.licence/*', 7, control_id FROM copydock.control_state`);
  const found = await runCopydock(t, ['reconcile'], env);
  t.equal(found.exitCode, 1);
  t.match(found.stdout, /: 0 loads compared, 1 finding\n/);
  t.match(found.stdout, /^ {2}order_behind {7}public\.licence\/\* {2}.+: run copydock reconcile --adopt$/m);
  const adopted = await runCopydock(t, ['reconcile', '--adopt', '--json'], env);
  t.equal(adopted.exitCode, 0);
  t.match(JSON.parse(adopted.stdout), { targets: [{ adopted: 0, findings: [], fault: null }] });
});

t.test('a target that does not answer is named, without its password', async (t) => {
  const { env } = await prepareServices(t);
  const file = join(t.testdir(), 'copydock.yaml');
  const environments = {
    development: { database_url: 'postgres://user:hush@127.0.0.1:1/none' },
    local: { database_url: '' },
  };
  await writeFile(file, JSON.stringify({ environments }));
  const { exitCode, stderr } = await runCopydock(t, ['reconcile'], { ...env, COPYDOCK_CONFIG: file });
  t.equal(exitCode, 1);
  t.match(stderr, /^target of development: 127\.0\.0\.1:1\/none could not be compared: .*ECONNREFUSED/m);
  t.notMatch(stderr, 'hush');
});
