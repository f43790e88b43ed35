import t from 'tap';
import { runCopydock } from '../cli/run-copydock.js';
import { holdLock } from './hold-lock.js';
import { startStack } from './stack.js';

t.setTimeout(240_000);

t.test(
  'a pause lets running loads end and no other begin, on any worker, and is over by resume',
  async (t) => {
    const logged: string[] = [];
    const stack = await startStack(t, { onLog: (line) => logged.push(line) });
    await stack.sql('CREATE TABLE running (id int PRIMARY KEY); CREATE TABLE waiting (id int PRIMARY KEY)');
    await stack.put('some.csv', 'id\n1\n2\n');
    const path = `s3://${stack.source}/some.csv`;
    const request = (table: string) => ({ load_type: 'full', data_set: table, table, path });

    const lock = await holdLock(t, stack, 'running', 'SHARE');
    const { id: running } = await stack.post(request('running'));
    await stack.waitUntil(running, ({ status }) => status !== 'queued');
    const pause = await fetch(`${stack.url}/v1/environments/development/pause`, {
      method: 'POST',
      body: JSON.stringify({ reason: 'moving house' }),
    });
    t.equal(pause.status, 200);
    t.match(
      logged.join('\n'),
      /"env":"development","by":"anonymous","reason":"moving house",.*"environment paused"/,
    );

    const { id: waiting, http } = await stack.post(request('waiting'));
    t.equal(http, 202, 'it is accepted');
    await lock.release();
    t.match(await stack.waitUntilDone(running), { status: 'succeeded' }, 'what has begun ends');
    await stack.startWorker(t);
    // A process asks for pauses once a second at most.
    const explained = await stack.waitUntil(waiting, (load) => load.waiting_for?.reason === 'paused');
    t.match(explained, {
      status: 'queued',
      started_at: null,
      waiting_for: { reason: 'paused', detail: /by anonymous: moving house$/ },
    });

    const resumed = await runCopydock(t, ['resume', '--env', 'development'], {
      DATABASE_URL: stack.config.databaseUrl,
    });
    t.same([resumed.exitCode, resumed.stdout], [0, 'development goes on\n'], resumed.stderr);
    t.match(await stack.waitUntilDone(waiting), { status: 'succeeded', receipt: { loaded: 2 } });
  },
);

t.test('the commands pause and resume tell what they did', async (t) => {
  const stack = await startStack(t, { hasWorker: false });
  const env = { DATABASE_URL: stack.config.databaseUrl };
  const paused = await runCopydock(t, ['pause', '--env', 'production', '--reason', 'audit'], env);
  t.equal(paused.exitCode, 0, paused.stderr);
  t.match(paused.stdout, /^production is paused since \S+Z by command-line: audit\n$/);
  t.match(paused.stderr, '"environment paused"');
  t.match(await stack.sql('SELECT env, paused_by FROM copydock.pauses'), [
    { env: 'production', paused_by: 'command-line' },
  ]);
  const unknown = await runCopydock(t, ['pause', '--env', 'prod'], env);
  t.equal(unknown.exitCode, 1);
  t.match(unknown.stderr, /There is no environment prod; known are/);
});
