import t from 'tap';
import type { AcceptedLoad } from '../../../src/loads/store.js';
import { claimNextLoad, type NextClaim } from '../../../src/postgres/control-database/claim-next.js';
import {
  releaseFailed,
  releaseLease,
  releaseWaiting,
} from '../../../src/postgres/control-database/claims.js';
import { connectControl } from '../../../src/postgres/control-database/connection.js';
import {
  acceptedLoad,
  addPlan,
  changeLoad,
  createControlDatabase,
  LEASED,
  readValue,
} from './control-database.js';

const { pool, store } = await createControlDatabase(t);
const control = connectControl(pool);
const DONE = "status = 'succeeded', finished_at = now(), lease_expires_at = NULL";

t.beforeEach(() => pool.query('DELETE FROM copydock.loads; DELETE FROM copydock.turns'));

/** Accepts a load of a data set; each has a scope of its own unless one is given. */
async function accept(dataSet: string, changes: Partial<AcceptedLoad> = {}): Promise<string> {
  const accepted = acceptedLoad();
  const request = { ...accepted.request, data_set: dataSet };
  const { load } = await store.accept({ ...accepted, request, scopeTable: accepted.id, ...changes });
  return load.id;
}

function claim(
  changes: { maxActiveLoads?: number; env?: string; onlyLoad?: string } = {},
): Promise<NextClaim> {
  const slot = { env: 'development', maxActiveLoads: 100, owner: 'w', leaseMs: 15_000 };
  return claimNextLoad(control, { ...slot, ...changes });
}

/** The id of what was claimed, or why nothing was. */
async function claimId(changes = {}): Promise<string> {
  const next = await claim(changes);
  return next.kind === 'claimed' ? next.load.id : next.kind;
}

t.test('the loads of one data set are claimed oldest first', async (t) => {
  const ids = [await accept('a'), await accept('a'), await accept('a')];
  t.same([await claimId(), await claimId(), await claimId(), await claimId()], [...ids, 'none']);
});

t.test('a single load goes before the backlog of another data set', async (t) => {
  const backlog: string[] = [];
  for (let count = 0; count < 20; count += 1) backlog.push(await accept('a'));
  const first = await claimId();
  const lonely = await accept('b');
  t.same([first, await claimId(), await claimId()], [backlog[0], lonely, backlog[1]]);
});

t.test('with one slot, data sets take turns, whoever has waited longest', async (t) => {
  const a = [await accept('a'), await accept('a')];
  const b = [await accept('b'), await accept('b')];
  const c = [await accept('c'), await accept('c')];
  const claimed: string[] = [];
  for (let turn = 0; turn < 6; turn += 1) {
    const id = await claimId();
    claimed.push(id);
    await changeLoad(pool, id, DONE);
  }
  t.same(claimed, [a[0], b[0], c[0], a[1], b[1], c[1]]);
});

t.test('the data set with fewer loads under way goes first, even if its last turn was later', async (t) => {
  await accept('a').then((id) => changeLoad(pool, id, LEASED));
  const a = await accept('a');
  const b = [await accept('b'), await accept('b')];
  t.equal(await claimId(), b[0]);
  await changeLoad(pool, b[0] ?? '', DONE);
  t.equal(await claimId(), b[1]);
  t.equal(await claimId(), a);
});

t.test('environments know nothing of each other', async (t) => {
  await accept('a');
  t.equal(await claimId({ env: 'production' }), 'none');
});

t.test('no more are claimed at once than an environment may have, however many ask', async (t) => {
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await accept(name);
  const asked = await Promise.all(Array.from({ length: 12 }, () => claimId({ maxActiveLoads: 3 })));
  t.equal(new Set(asked.filter((id) => id.startsWith('load-'))).size, 3);
  t.equal(asked.filter((id) => id === 'full').length, 9);
  const [one = ''] = asked.filter((id) => id.startsWith('load-'));
  await changeLoad(pool, one, DONE);
  t.match(await claimId({ maxActiveLoads: 3 }), /^load-/);
  t.equal(await claimId({ maxActiveLoads: 3 }), 'full');
});

t.test('each of many that ask at once gets a load of its own', async (t) => {
  const ids: string[] = [];
  for (let count = 0; count < 10; count += 1) ids.push(await accept(count % 2 === 0 ? 'a' : 'b'));
  const asked = await Promise.all(Array.from({ length: 15 }, () => claimId()));
  t.same(asked.filter((id) => id !== 'none').sort(), ids.sort());
});

t.test('a full environment with nothing to do is not full', async (t) => {
  await changeLoad(pool, await accept('a'), LEASED);
  t.equal(await claimId({ maxActiveLoads: 1 }), 'none');
});

t.test('a load that was given back is not claimed before it is due', async (t) => {
  await accept('a');
  const next = await claim();
  if (next.kind !== 'claimed') throw new Error(next.kind);
  const error = { code: 's3_unavailable', detail: '', hint: '', retryable: true } as const;
  await releaseFailed(control, next.load, error, { reason: 'retry', detail: '' }, 60_000);
  t.equal(await claimId(), 'none');
  await changeLoad(pool, next.load.id, 'due_at = now()');
  t.equal(await claimId(), next.load.id);
});

t.test('a load that waits for an earlier one takes no slot until it is its turn', async (t) => {
  const scope = { scopeTable: 'public.tree', scopeKey: 'a' };
  const earlier = await accept('a', scope);
  const later = await accept('a', scope);
  t.equal(await claimId(), earlier);
  const next = await claim();
  if (next.kind !== 'claimed') throw new Error(next.kind);
  await releaseWaiting(control, next.load, { reason: 'earlier_load', detail: '' }, 0);
  t.equal(await claimId(), 'none');
  await changeLoad(pool, earlier, DONE);
  t.equal(await claimId(), later);
});

for (const [title, earlierKey, key] of [
  ['of its own scope', 'a', 'a'],
  ['of the whole table', '*', 'a'],
  ['of any part of the table that it replaces whole', 'a', '*'],
] as const) {
  t.test(`a load does not begin while four earlier ones ${title} are unfinished`, async (t) => {
    const scopeTable = 'public.tree';
    const earlier: string[] = [];
    for (let count = 0; count < 4; count += 1) {
      earlier.push(await accept('a', { scopeTable, scopeKey: earlierKey }));
    }
    await pool.query(`UPDATE copydock.loads SET ${LEASED}`);
    const elsewhere = await accept('a', { scopeTable, scopeKey: 'b' });
    const later = await accept('a', { scopeTable, scopeKey: key });
    const claimable = earlierKey === '*' ? [] : [elsewhere];
    t.same([await claimId(), 'none'].slice(0, claimable.length), claimable);
    t.equal(await claimId(), 'none');
    for (const id of [...earlier.slice(0, 1), elsewhere]) await changeLoad(pool, id, DONE);
    t.equal(await claimId(), later);
  });
}

t.test('clean-ups have turns like a data set, and no limit', async (t) => {
  const ended = await accept('z');
  const plan = await addPlan(pool, ended);
  await changeLoad(pool, ended, "status = 'failed', finished_at = now()");
  await pool.query("UPDATE copydock.plans SET cleanup_due_at = now() + interval '1 h'");
  t.equal(await claimId(), 'none', 'not before it is due');
  const loads = [await accept('a'), await accept('a'), await accept('a')];
  t.equal(await claimId(), loads[0]);
  await pool.query('UPDATE copydock.plans SET cleanup_due_at = now()');
  t.equal(await claimId({ maxActiveLoads: 1 }), ended);
  t.equal(await claimId(), loads[1], 'another is not begun while one is under way');
  await changeLoad(pool, ended, 'lease_expires_at = NULL');
  t.ok(await readValue(pool, 'SELECT cleanup_due_at <= now() FROM copydock.plans WHERE id = $1', [plan]));
  t.equal(await claimId(), ended, 'it failed and is due again: it has its turn');
});

t.test('a slot for one load takes no other', async (t) => {
  const first = await accept('a');
  const wanted = await accept('a');
  t.equal(await claimId({ onlyLoad: wanted }), wanted);
  t.equal(await claimId({ onlyLoad: wanted }), 'none');
  t.equal(await claimId(), first);
});

t.test('wake-ups after a claim have another number', async (t) => {
  const id = await accept('a');
  const next = await claim();
  if (next.kind !== 'claimed') throw new Error(next.kind);
  await releaseLease(control, next.load);
  await changeLoad(pool, id, 'wake_at = now()');
  t.same(await store.sweep(), [{ id, env: 'development', wakeNumber: 2 }]);
});
