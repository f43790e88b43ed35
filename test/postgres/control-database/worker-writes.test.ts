import type pg from 'pg';
import t from 'tap';
import { type ClaimedLoad, claimLoad, releaseFailed } from '../../../src/postgres/control-database/claims.js';
import { recordCleanup } from '../../../src/postgres/control-database/cleanups.js';
import { connectControl } from '../../../src/postgres/control-database/connection.js';
import { appendAttemptLog } from '../../../src/postgres/control-database/log.js';
import {
  completePlan,
  markPartStaged,
  type PartRow,
  readParts,
  savePart,
} from '../../../src/postgres/control-database/plans.js';
import { reportProgress } from '../../../src/postgres/control-database/transitions.js';
import {
  acceptedLoad,
  addPlan,
  type ControlDatabase,
  changeLoad,
  createControlDatabase,
  readValue,
} from './control-database.js';

const PART: PartRow = {
  part: 0,
  objectIndex: 0,
  startByte: 10,
  sizeBytes: 20,
  firstLine: 2,
  lineCount: 3,
  records: 3,
  columns: ['id'],
  endsObject: false,
  hasOpenQuotes: false,
  lineEnd: 'lf',
  etag: null,
};

async function claimPlanned({
  pool,
  store,
}: ControlDatabase): Promise<{ claimed: ClaimedLoad; plan: string }> {
  const { load } = await store.accept(acceptedLoad());
  const plan = await addPlan(pool, load.id);
  return { claimed: await claim(pool, load.id), plan };
}

async function claim(pool: pg.Pool, id: string): Promise<ClaimedLoad> {
  await changeLoad(pool, id, 'lease_expires_at = NULL');
  const claimed = await claimLoad(connectControl(pool), id, 'worker', 15_000);
  if (claimed === null) throw new Error('not claimed');
  return claimed;
}

t.test('a worker that has lost its lease writes nothing about the plan and the log', async (t) => {
  const database = await createControlDatabase(t);
  const { pool } = database;
  const control = connectControl(pool);
  const { claimed: zombie, plan } = await claimPlanned(database);
  const owner = await claim(pool, zombie.id);
  const writeAll = async (load: ClaimedLoad) => {
    await savePart(control, load, plan, PART);
    await markPartStaged(control, load, plan, 0, '"etag"');
    await completePlan(control, load, plan, 1);
    await recordCleanup(control, load, plan, true, 1_000);
    await appendAttemptLog(control, load, 'info', 'from a worker');
  };
  const read = async () => ({
    parts: await readParts(control, plan),
    count: await readValue(pool, 'SELECT part_count FROM copydock.plans WHERE id = $1', [plan]),
    passes: await readValue(pool, 'SELECT empty_cleanups FROM copydock.plans WHERE id = $1', [plan]),
    lines: await readValue(
      pool,
      `SELECT count(*)::int FROM copydock.load_logs WHERE message = 'from a worker'`,
    ),
  });
  await writeAll(zombie);
  t.strictSame(await read(), { parts: [], count: null, passes: 0, lines: 0 });
  await writeAll(owner);
  t.strictSame(await read(), { parts: [{ ...PART, etag: '"etag"' }], count: 1, passes: 1, lines: 1 });
  await markPartStaged(control, zombie, plan, 0, null);
  t.match(await readParts(control, plan), [{ etag: '"etag"' }], 'what the owner staged stays so');
});

t.test('only more parts than ever before count as progress', async (t) => {
  const database = await createControlDatabase(t);
  const { pool } = database;
  const control = connectControl(pool);
  const { claimed } = await claimPlanned(database);
  const fail = { code: 's3_unavailable', title: '', detail: '', hint: '', retryable: true } as const;
  const takeoversAfter = async (partsStaged: number, partsCopied: number) => {
    await releaseFailed(control, claimed, fail, { reason: 'retry', detail: '' }, 0);
    await reportProgress(control, claimed, {
      source_objects: 1,
      source_bytes: 1,
      bytes_read: 1,
      rows_read: 1,
      parts_cut: 4,
      parts_staged: partsStaged,
      parts_copied: partsCopied,
    });
    return readValue(pool, 'SELECT takeovers FROM copydock.loads WHERE id = $1', [claimed.id]);
  };
  t.equal(await takeoversAfter(4, 2), 0, 'parts that were not there before');
  t.equal(await takeoversAfter(4, 2), 1, 'the same again');
  t.equal(await takeoversAfter(4, 0), 2, 'the staging table was lost');
  t.equal(await takeoversAfter(4, 2), 3, 'its parts were copied again');
  t.equal(await takeoversAfter(4, 3), 0, 'more than ever');
});
