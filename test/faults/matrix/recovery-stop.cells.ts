import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { World } from '../harness/world.js';
import { FORBIDDEN } from './faults/process-faults.js';
import { measureRecoveries } from './recovery.js';

const POLL_MS = 5;
const CHUNK_DELAY_MS = 300;
/** What has reached the server's socket is read by then. */
const READ_WITHIN_MS = 200;

/** The server's process that waits for more data of a COPY. */
async function findCopying(world: World): Promise<unknown> {
  const [row] = await world.inTarget(
    `SELECT pid FROM pg_stat_activity
      WHERE datname = current_database() AND state = 'active' AND wait_event = 'ClientRead' AND query LIKE 'COPY %'`,
  );
  return row?.pid;
}

/** Parts that the stopped worker had committed: its other connection may have, with the answer held back. */
async function readCopied(world: World, load: string, copying: unknown): Promise<Set<unknown>> {
  const [plan] = await world.inControl(
    'SELECT staging_table AS name FROM copydock.plans WHERE load_id = $1',
    [load],
  );
  await sleep(READ_WITHIN_MS);
  for (;;) {
    const busy = await world.inTarget(
      `SELECT FROM pg_stat_activity WHERE application_name LIKE $1 AND state = 'active' AND pid <> $2`,
      [`copydock/${load}/%`, copying],
    );
    if (busy.length === 0) break;
    await sleep(POLL_MS);
  }
  const rows = await world.inTarget(`SELECT part FROM copydock.${plan?.name}_ledger`);
  return new Set(rows.map(({ part }) => part));
}

/** Stops the first worker in the middle of COPY: what it had sent is held back by a proxy of its own. */
measureRecoveries(t, 'stopped', 10, async (t, { world, first, proxies: { target }, second, scenario }) => {
  target.delay(CHUNK_DELAY_MS);
  first.resume();
  let pid: unknown;
  while (pid === undefined) {
    await sleep(POLL_MS);
    pid = await findCopying(world);
  }
  target.blackHole();
  first.kill('SIGSTOP');
  const lostAt = performance.now();
  t.equal(await findCopying(world), pid, 'its backend is in the middle of COPY');
  const copied = await readCopied(world, scenario.id, pid);
  return {
    lostAt,
    check: async () => {
      const left = await world.inTarget('SELECT FROM pg_stat_activity WHERE pid = $1', [pid]);
      t.equal(left.length, 0, 'its backend was ended');
      const steps = first.steps.length;
      target.heal();
      first.kill('SIGCONT');
      await first.waitForLog(/the load is left to the next worker/);
      const more = first.steps
        .slice(steps)
        .filter(
          ({ step, part }) => FORBIDDEN.includes(step) || (step === 'part_copied' && !copied.has(part)),
        );
      t.same(more, [], 'the worker that was stopped learns what it had committed, and does nothing more');
      t.ok(second.steps.some(({ step, load }) => step === 'committed' && load === scenario.id));
    },
  };
});
