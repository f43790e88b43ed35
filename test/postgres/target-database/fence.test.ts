import pg from 'pg';
import t, { type Test } from 'tap';
import type { Receipt } from '../../../src/loads/load.js';
import {
  checkOrder,
  type FencedLoad,
  findOtherDataSet,
  lockFence,
  raiseFence,
  readCommitted,
  recordCommitted,
} from '../../../src/postgres/target-database/fence.js';
import { createTestDatabase } from '../../services/database.js';

const CONTROL_ID = '00000000-0000-4000-8000-000000000001';
const RECEIPT = { target: 'public.entity', read: 1, loaded: 1 } as Receipt;

function load(loadId: string, loadOrder: number, key: string, isOrderFree = false): FencedLoad {
  return { loadId, loadOrder, scope: { table: 'public.entity', key }, controlId: CONTROL_ID, isOrderFree };
}

async function openTarget(t: Test): Promise<() => Promise<pg.Client>> {
  const url = await createTestDatabase(t, { migrated: true });
  return async () => {
    const client = new pg.Client(url);
    client.on('error', () => {});
    await client.connect();
    t.teardown(() => client.end());
    return client;
  };
}

async function commit(
  client: pg.Client,
  fenced: FencedLoad,
  token: number,
  dataSet = fenced.scope.key,
): Promise<void> {
  await client.query('BEGIN');
  try {
    await lockFence(client, fenced, token);
    const row = { ...fenced, loadType: 'full', dataSet, attempt: 1, targetTable: 'public.entity' };
    await recordCommitted(client, row, token, RECEIPT);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

t.test('a worker whose token was overtaken cannot commit, the one who overtook it can', async (t) => {
  const client = await (await openTarget(t))();
  const mine = load('a', 1, 'x');
  const older = await raiseFence(client, mine);
  const newer = await raiseFence(client, mine);
  t.ok(newer > older);
  await t.rejects(commit(client, mine, older), { code: 'target_busy' });
  t.equal(await readCommitted(client, 'a'), null);
  await commit(client, mine, newer);
  t.match(await readCommitted(client, 'a'), RECEIPT);
});

t.test('no load is applied twice, whatever its token', async (t) => {
  const client = await (await openTarget(t))();
  const mine = load('a', 1, 'x');
  await commit(client, mine, await raiseFence(client, mine));
  await t.rejects(commit(client, mine, await raiseFence(client, mine)), { code: '23505' });
});

t.test(
  'a newer load of an overlapping scope supersedes an older one, of another scope it does not',
  async (t) => {
    const client = await (await openTarget(t))();
    const whole = load('whole', 5, '*');
    await commit(client, whole, await raiseFence(client, whole), 'x');
    await t.rejects(
      checkOrder(client, load('old', 4, 'x')),
      { code: 'superseded' },
      'the whole table is newer',
    );
    await checkOrder(client, load('new', 6, 'x'));
    await checkOrder(client, load('append', 4, 'x', true));

    const scoped = load('scoped', 7, 'x');
    await commit(client, scoped, await raiseFence(client, scoped));
    await t.rejects(checkOrder(client, load('old-whole', 6, '*')), {
      code: 'superseded',
      message: 'The newer load scoped of public.entity/* was committed first.',
    });
    await checkOrder(client, load('other', 6, 'y'));
  },
);

t.test(
  'a whole-table load and a scoped one exclude each other at the fence, two scoped ones do not',
  async (t) => {
    const open = await openTarget(t);
    const [first, second] = [await open(), await open()];
    const [x, y, whole] = [load('x', 1, 'x'), load('y', 2, 'y'), load('whole', 3, '*')];
    const tokens = {
      x: await raiseFence(first, x),
      y: await raiseFence(first, y),
      whole: await raiseFence(first, whole),
    };
    await first.query('BEGIN');
    await lockFence(first, x, tokens.x);
    await second.query(`BEGIN; SET LOCAL lock_timeout = '200ms'`);
    await lockFence(second, y, tokens.y);
    await second.query(`ROLLBACK; BEGIN; SET LOCAL lock_timeout = '200ms'`);
    await t.rejects(lockFence(second, whole, tokens.whole), { code: '55P03' });
    await second.query('ROLLBACK');
    await first.query('ROLLBACK');
  },
);

t.test('a target that another control database loads into is refused until it is adopted', async (t) => {
  const client = await (await openTarget(t))();
  await raiseFence(client, load('a', 1, 'x'));
  const stranger = { ...load('b', 1, 'x'), controlId: '00000000-0000-4000-8000-000000000002' };
  await t.rejects(raiseFence(client, stranger), { code: 'target_foreign' });
});

t.test('the other data sets of a table are known', async (t) => {
  const client = await (await openTarget(t))();
  t.equal(await findOtherDataSet(client, 'public.entity', 'x'), null);
  const mine = load('a', 1, '*');
  await commit(client, mine, await raiseFence(client, mine), 'x');
  t.equal(await findOtherDataSet(client, 'public.entity', 'x'), null);
  t.equal(await findOtherDataSet(client, 'public.entity', 'y'), 'x');
});
