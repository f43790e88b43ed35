import t from 'tap';
import { createTestDatabase, withClient } from '../services/database.js';
import { runCopydock } from './run-copydock.js';

t.test('migrate may run twice, and reports each database', async (t) => {
  const DATABASE_URL = await createTestDatabase(t, { migrated: false });
  const env = { DATABASE_URL, QUEUE_URL: DATABASE_URL };
  for (const run of ['first', 'second']) {
    const { exitCode, stdout, stderr } = await runCopydock(t, ['migrate'], env);
    t.equal(exitCode, 0, `${run} run: ${stderr}`);
    for (const use of ['control', 'queue', 'target of development, local']) {
      t.match(stdout, new RegExp(`^${use}: .+ is up to date$`, 'm'), `${run} run: ${use}`);
    }
  }
  const tables = await withClient(DATABASE_URL, async (client) => {
    const { rows } = await client.query(
      "SELECT to_regclass('copydock.loads') IS NOT NULL AS control, to_regclass('copydock.fences') IS NOT NULL AS target",
    );
    return rows;
  });
  t.strictSame(tables, [{ control: true, target: true }]);
  t.equal((await runCopydock(t, ['sweep'], env)).stdout, '0 wake-ups sent\n', 'nothing to sweep');
});

t.test('migrate goes on after a database that fails, and ends with 1', async (t) => {
  const DATABASE_URL = 'postgres://user:hush@127.0.0.1:1/none';
  const { exitCode, stderr } = await runCopydock(t, ['migrate'], { DATABASE_URL, QUEUE_URL: '' });
  t.equal(exitCode, 1);
  t.match(stderr, /^control: 127\.0\.0\.1:1\/none failed: .*ECONNREFUSED/m);
  t.match(stderr, /^target of development, local: .* failed/m);
  t.notMatch(stderr, 'hush');
});
