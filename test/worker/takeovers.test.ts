import t from 'tap';
import { type Body, type Stack, startStack } from './stack.js';

t.setTimeout(120_000);

/**
 * As if five workers had taken the load over, one after another, and the last were gone, too, and as if the control
 * database, which the API has swept by now, had been swept all the while.
 */
async function giveUpByFive(stack: Stack, changes: string): Promise<void> {
  await stack.waitUntilSql(
    `SELECT last_sweep_at > now() - interval '1 min' AS done FROM copydock.control_state`,
  );
  await stack.sql('UPDATE copydock.control_state SET no_takeover_until = now()');
  await stack.sql(
    `UPDATE copydock.loads SET ${changes}, takeovers = 5, lease_token = nextval('copydock.lease_token_seq'),
       lease_owner = 'gone', lease_expires_at = now() - interval '1 s', wake_at = now(), due_at = now()`,
  );
}

async function startThings(t: Parameters<typeof startStack>[0], hasWorker: boolean): Promise<Stack> {
  const stack = await startStack(t, { backend: 'redis', hasWorker });
  await stack.sql('CREATE TABLE thing (id int PRIMARY KEY)');
  await stack.sql('INSERT INTO thing VALUES (7)');
  await stack.put('things.csv', 'id\n1\n2\n');
  return stack;
}

function post(stack: Stack): Promise<Body> {
  return stack.post({ load_type: 'full', data_set: 'thing', path: `s3://${stack.source}/things.csv` });
}

t.test(
  'a load that six workers had to take over ends with worker_lost, and nothing is changed',
  async (t) => {
    const stack = await startThings(t, false);
    const { id } = await post(stack);
    await giveUpByFive(stack, 'progress = NULL');
    await stack.startWorker(t);
    t.match(await stack.waitUntilDone(id), {
      status: 'failed',
      error: { code: 'worker_lost', detail: '5 workers took this load over without progress.' },
    });
    t.same(await stack.sql('SELECT id FROM thing'), [{ id: 7 }]);
    t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] });
  },
);

t.test('one that was applied meanwhile is never called lost', async (t) => {
  const stack = await startThings(t, true);
  const { id } = await post(stack);
  t.equal((await stack.waitUntilDone(id)).status, 'succeeded');
  await giveUpByFive(stack, `status = 'committing', finished_at = NULL, receipt = NULL`);
  t.match(await stack.waitUntil(id, ({ done }) => done), {
    status: 'succeeded',
    receipt: { loaded: 2, deleted: 1 },
  });
});

t.test(
  'one that stands at the commit and was not applied is lost only once the target has said so',
  async (t) => {
    const stack = await startThings(t, false);
    const { id } = await post(stack);
    await giveUpByFive(stack, `status = 'committing'`);
    await stack.startWorker(t);
    t.match(await stack.waitUntilDone(id), { status: 'failed', error: { code: 'worker_lost' } });
    t.same(await stack.sql(`SELECT count(*)::int AS fences FROM copydock.fences WHERE token > 0`), [
      { fences: 1 },
    ]);
  },
);
