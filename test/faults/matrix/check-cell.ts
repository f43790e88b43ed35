import { describeExpected } from './cell.js';
import type { Play } from './play.js';
import type { Reader } from './reader.js';

/** What every cell asserts, whatever was broken. */
export async function checkCell(play: Play, reader: Reader): Promise<void> {
  await checkOutcome(play);
  await checkTarget(play, reader);
  await checkNothingLeft(play);
}

async function checkOutcome(play: Play): Promise<void> {
  const { t, cell, scenario } = play;
  const { status, error, receipt, attempt } = await play.load();
  const outcome = status === 'failed' ? `failed: ${error?.code}` : status;
  t.equal(outcome, describeExpected(cell.expected), `the end is right (${error?.detail ?? 'no error'})`);
  t.equal(attempt, 1);
  if (cell.expected === 'succeeded') t.match(receipt, scenario.receipt, 'the receipt is right, and balances');
  else t.equal(receipt, null);
}

async function checkTarget({ t, cell, scenario, world }: Play, reader: Reader): Promise<void> {
  const isApplied = cell.expected === 'succeeded';
  t.equal(
    await scenario.look(),
    isApplied ? 'new' : 'old',
    'the target holds what it should, neighbours included',
  );
  t.ok(reader.looks > 0, `a reader looked ${reader.looks} times`);
  const right = isApplied && reader.seen.includes('new') ? ['old', 'new'] : ['old'];
  t.strictSame(reader.seen, right, 'and saw the old rows, then the new ones, never a mix');
  const committed = await world.inTarget('SELECT FROM copydock.committed_loads WHERE load_id = $1', [
    scenario.id,
  ]);
  t.equal(committed.length, isApplied ? 1 : 0, 'it is applied once or not at all');
}

/** What arrives late is looked for at the end of all cells. */
async function checkNothingLeft({ t, world, scenario }: Play): Promise<void> {
  const { objects, tables } = await world.findLitter();
  const ownObjects = objects.filter((key) => key.includes(`/${scenario.table}-`));
  t.strictSame(ownObjects, [], 'no staged object is left');
  const plans = await world.inControl('SELECT staging_table AS name FROM copydock.plans WHERE load_id = $1', [
    scenario.id,
  ]);
  const ownTables = tables.filter((table) => plans.some(({ name }) => table.startsWith(String(name))));
  t.strictSame(ownTables, [], 'no staging table is left');
}
