import t, { type Test } from 'tap';
import { loadConfig } from '../../../src/config.js';
import { createLogger } from '../../../src/logger.js';
import { type ClaimedLoad, claimLoad } from '../../../src/postgres/control-database/claims.js';
import { connectControl } from '../../../src/postgres/control-database/connection.js';
import { finishLoad } from '../../../src/postgres/control-database/finish.js';
import { TargetPools } from '../../../src/postgres/target-database/target-pools.js';
import { DatabaseUrls } from '../../../src/secrets/database-urls.js';
import { NO_TRACER } from '../../../src/tracing/tracer.js';
import { claimScope } from '../../../src/worker/commit/claim-scope.js';
import type { WorkerDeps } from '../../../src/worker/deps.js';
import { Lease, LoadStopped } from '../../../src/worker/lease/lease.js';
import { LoadRun } from '../../../src/worker/load-run.js';
import { LoadTrace } from '../../../src/worker/load-trace.js';
import {
  acceptedLoad,
  type ControlDatabase,
  changeLoad,
  createControlDatabase,
} from '../../postgres/control-database/control-database.js';
import { withClient } from '../../services/database.js';

/** What a clock that stood still for the whole sleep would say: the lease lasts. */
const ONE_HOUR_MS = 3_600_000;

async function startWorkers(t: Test) {
  const database = await createControlDatabase(t);
  const config = await loadConfig({ DATABASE_URL: database.url, QUEUE_URL: database.url });
  const targets = new TargetPools(config.environments, new DatabaseUrls(config.environments, async () => ''));
  t.teardown(() => targets.close());
  const deps = {
    config,
    targets,
    logger: createLogger('silent'),
    control: connectControl(database.pool),
    controlId: '00000000-0000-4000-8000-000000000001',
  } as WorkerDeps;
  const { load } = await database.store.accept(acceptedLoad());
  await changeLoad(database.pool, load.id, `status = 'committing'`);
  return { database, takeOver: () => takeOver(t, database, deps, load.id) };
}

/** A worker that has claimed the load from the one before, whose lease ran out by the control database's clock. */
async function takeOver(t: Test, { pool }: ControlDatabase, deps: WorkerDeps, id: string): Promise<LoadRun> {
  await changeLoad(pool, id, 'lease_expires_at = NULL');
  const load: ClaimedLoad | null = await claimLoad(deps.control, id, 'worker', ONE_HOUR_MS);
  if (load === null) throw new Error('not claimed');
  const lease = new Lease(load, { claimedAt: process.hrtime.bigint(), leaseMs: ONE_HOUR_MS }, () => {});
  t.teardown(() => lease.drop());
  return new LoadRun(deps, load, lease, new LoadTrace(NO_TRACER, load));
}

t.test('a worker that slept before its claim and was taken over must not go on', async (t) => {
  const { database, takeOver } = await startWorkers(t);
  const sleeper = await takeOver();
  const successor = await takeOver();
  const { applied } = await claimScope(successor, successor.signal);
  t.equal(applied, null);
  const ending = { from: 'committing', status: 'failed', receipt: null, error: null } as const;
  t.ok(await finishLoad(successor.control, successor.load, ending));
  sleeper.lease.assertHeld();
  await t.rejects(claimScope(sleeper, sleeper.signal), new LoadStopped('lease_lost'));
  const tokens = await withClient(database.url, (client) =>
    client.query('SELECT token FROM copydock.fences'),
  );
  t.strictSame(tokens.rows, [{ token: '2' }], 'it had raised the token above the one of its successor');
});

t.test('a worker whose lease ran out, but which nobody took over, may go on', async (t) => {
  const { database, takeOver } = await startWorkers(t);
  const worker = await takeOver();
  await changeLoad(database.pool, worker.load.id, `lease_expires_at = now() - interval '1 minute'`);
  t.strictSame(await claimScope(worker, worker.signal), { token: 1, applied: null });
});
