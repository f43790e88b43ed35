import { appendFile } from 'node:fs/promises';
import type { Test } from 'tap';
import { type BreakableServers, startServers } from '../harness/servers.js';
import { startWorld, type World } from '../harness/world.js';
import { type Cell, describeExpected, strategyOf } from './cell.js';
import { Crew } from './crew.js';
import { FAULTS } from './faults/index.js';
import { MOMENTS } from './moments.js';
import { Play } from './play.js';
import { Reader } from './reader.js';
import type { PlayedCell } from './results.js';
import { Scenario, tableName } from './scenario.js';

const CELL_TIMEOUT_MS = 300_000;
const CLEAN = { objects: [], tables: [], backends: [], transactions: [], jobs: 0, uncleanPlans: 0 };

export type Backend = 'redis' | 'postgres';

/** Plays cells one after another in one world, and at the end looks for litter of all of them. */
export function runCells(t: Test, backend: Backend, cells: readonly Cell[], given?: BreakableServers): void {
  t.setTimeout(cells.length * CELL_TIMEOUT_MS);
  t.test(`cells on ${backend}`, async (t) => {
    const servers = given ?? (await startServers(t));
    const world = await startMatrixWorld(t, backend, servers, cells.length);
    const crew = new Crew(world);
    await world.startApi();
    for (const [index, cell] of cells.entries()) {
      await t.test(titleOf(cell), { timeout: CELL_TIMEOUT_MS }, (t) =>
        runCell(t, world, crew, cell, index + 1),
      );
    }
    await crew.ready();
    t.strictSame(await world.waitUntilClean(), CLEAN, 'no cell left anything');
  });
}

function startMatrixWorld(
  t: Test,
  backend: Backend,
  servers: BreakableServers,
  count: number,
): Promise<World> {
  const names = Array.from({ length: count }, (_, index) => tableName(index + 1));
  const tables = Object.fromEntries(names.map((name) => [name, { scope_column: 'owner' }]));
  const program = process.env.FAULTS_PROGRAM?.split(' ');
  return startWorld(t, {
    backend,
    servers,
    config: { environment: { parallelism: 2 }, tables },
    ...(program === undefined ? {} : { program }),
  });
}

function titleOf(cell: Cell): string {
  const strategy = cell.strategy === undefined ? '' : ` (${cell.strategy})`;
  return `${FAULTS[cell.fault].title}, ${MOMENTS[cell.moment].title}${strategy}: ${describeExpected(cell.expected)}`;
}

async function runCell(t: Test, world: World, crew: Crew, cell: Cell, number: number): Promise<void> {
  const startedAt = performance.now();
  const scenario = new Scenario(world, cell, number);
  await scenario.prepare();
  await crew.ready();
  const reader = new Reader(scenario);
  const play = new Play({ t, world, crew, cell, scenario });
  try {
    await FAULTS[cell.fault].play(play);
    await world.api.waitUntil(play.id, ({ done, cleanup }) => done === true && cleanup?.status === 'done');
    await FAULTS[cell.fault].check?.(play);
  } finally {
    await reader.stop();
    world.proxies.heal();
  }
  await checkOutcome(play);
  await checkTarget(play, reader);
  await checkNothingLeft(play);
  await report({ ...cell, backend: world.backend, ok: t.passing(), seconds: secondsSince(startedAt) });
}

async function checkOutcome({ t, cell, scenario, ...play }: Play): Promise<void> {
  const load = await play.world.api.get(`/v1/loads/${scenario.id}`);
  const { status, error, receipt, attempt } = load;
  const outcome = status === 'failed' ? `failed: ${error?.code}` : status;
  t.equal(
    outcome,
    describeExpected(cell.expected),
    `the load ends as it should (${error?.detail ?? 'no error'})`,
  );
  t.equal(attempt, 1);
  if (cell.expected === 'succeeded') t.match(receipt, scenario.receipt, 'the receipt is right');
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
  const allowed = isApplied ? ['old', 'new'] : ['old'];
  t.strictSame(
    reader.seen,
    allowed.filter((look) => look === 'old' || reader.seen.includes('new')),
    'and saw the old rows, then the new ones, never a mix',
  );
  const committed = await world.inTarget('SELECT load_id FROM copydock.committed_loads WHERE load_id = $1', [
    scenario.id,
  ]);
  t.equal(committed.length, isApplied ? 1 : 0, 'it is applied once or not at all');
}

/** What arrives late is looked for at the end of all cells. */
async function checkNothingLeft({ t, world, scenario }: Play): Promise<void> {
  const litter = await world.findLitter();
  t.strictSame(
    litter.objects.filter((key) => key.includes(`/${scenario.table}-`)),
    [],
    'no staged object is left',
  );
  const plans = await world.inControl('SELECT staging_table AS name FROM copydock.plans WHERE load_id = $1', [
    scenario.id,
  ]);
  const tables = litter.tables.filter((table) => plans.some(({ name }) => table.startsWith(String(name))));
  t.strictSame(tables, [], 'no staging table is left');
}

async function report(cell: PlayedCell): Promise<void> {
  const file = process.env.FAULTS_RESULTS;
  if (file !== undefined)
    await appendFile(file, `${JSON.stringify({ ...cell, strategy: strategyOf(cell) })}\n`);
}

function secondsSince(startedAt: number): number {
  return Math.round((performance.now() - startedAt) / 100) / 10;
}
