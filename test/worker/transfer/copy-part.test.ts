import t, { type Test } from 'tap';
import { loadConfig } from '../../../src/config.js';
import { createLogger } from '../../../src/logger.js';
import { claimLoad } from '../../../src/postgres/control-database/claims.js';
import { connectControl } from '../../../src/postgres/control-database/connection.js';
import type { PartRow } from '../../../src/postgres/control-database/plans.js';
import {
  countStaged,
  createStaging,
  enterPart,
  readLedger,
} from '../../../src/postgres/target-database/staging-table.js';
import { TargetPools } from '../../../src/postgres/target-database/target-pools.js';
import { DatabaseUrls } from '../../../src/secrets/database-urls.js';
import { NO_TRACER } from '../../../src/tracing/tracer.js';
import type { WorkerDeps } from '../../../src/worker/deps.js';
import { Lease } from '../../../src/worker/lease/lease.js';
import { LoadRun } from '../../../src/worker/load-run.js';
import { LoadTrace } from '../../../src/worker/load-trace.js';
import type { Plan } from '../../../src/worker/plan/plan-document.js';
import { copyPart } from '../../../src/worker/transfer/copy-part.js';
import { acceptedLoad, createControlDatabase } from '../../postgres/control-database/control-database.js';
import { withClient } from '../../services/database.js';
import { waitUntil } from '../../services/processes.js';

const STAGING = {
  name: 'staging_tree',
  columns: [{ name: 'id', type: 'integer', isNotNull: false }],
  hasPosition: false,
};
const DIALECT = { delimiter: ',', quote: '"', escape: '"', nullString: '', encoding: 'UTF8' };
const PART = { part: 0, records: 2, firstLine: 1, columns: ['id'], objectIndex: 0 } as PartRow;
const PLAN = {
  stagingTable: STAGING.name,
  plan: {
    staging: STAGING,
    scope: null,
    newTable: null,
    forceNull: [],
    dialect: DIALECT,
    target: { schema: 'public', table: 'tree' },
    objects: [{ bucket: 'data', key: 'tree.csv' }],
  },
} as unknown as Plan;
const BODY = Buffer.from('1\n2\n');
const WAITING = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
const ONE_HOUR_MS = 3_600_000;

async function startRun(t: Test) {
  const { url, pool, store } = await createControlDatabase(t);
  const config = await loadConfig({ DATABASE_URL: url, QUEUE_URL: url });
  const targets = new TargetPools(config.environments, new DatabaseUrls(config.environments, async () => ''));
  t.teardown(() => targets.close());
  const logger = createLogger('silent');
  const deps = { config, targets, logger, control: connectControl(pool) } as WorkerDeps;
  const accepted = await store.accept(acceptedLoad());
  const load = await claimLoad(deps.control, accepted.load.id, 'worker', ONE_HOUR_MS);
  if (load === null) throw new Error('not claimed');
  const lease = new Lease(load, { claimedAt: process.hrtime.bigint(), leaseMs: ONE_HOUR_MS }, () => {});
  t.teardown(() => lease.drop());
  const run = new LoadRun(deps, load, lease, new LoadTrace(NO_TRACER, load));
  await withClient(url, (client) => createStaging(client, STAGING));
  const checkCopiedOnce = (t: Test) =>
    withClient(url, async (client) => {
      t.equal(await countStaged(client, STAGING.name), PART.records);
      t.strictSame(await readLedger(client, STAGING.name), new Map([[PART.part, PART.records]]));
    });
  return { url, pool, copy: () => copyPart(run, PLAN, PART, BODY, run.signal), checkCopiedOnce };
}

t.test('a part that an earlier owner copied in the meantime counts once', async (t) => {
  const { copy, checkCopiedOnce } = await startRun(t);
  await copy();
  await copy();
  await checkCopiedOnce(t);
});

for (const ending of ['COMMIT', 'ROLLBACK'] as const) {
  t.test(`a part that an earlier owner is copying waits for its ${ending}, and counts once`, async (t) => {
    const { url, pool, copy, checkCopiedOnce } = await startRun(t);
    await withClient(url, async (earlier) => {
      await earlier.query('BEGIN');
      await earlier.query(`INSERT INTO copydock.${STAGING.name} VALUES (1), (2)`);
      t.ok(await enterPart(earlier, STAGING.name, { ...PART, excluded: 0, rejected: 0 }));
      const copied = copy();
      copied.catch(() => {});
      await waitUntil('the copy waits', 60_000, async () => (await pool.query(WAITING)).rowCount === 1);
      await earlier.query(ending);
      await copied;
    });
    await checkCopiedOnce(t);
  });
}
