import type { Test } from 'tap';
import { type Ground, startServers } from '../harness/servers.js';
import { type Cell, describeExpected, strategyOf } from './cell.js';
import { checkCell } from './check-cell.js';
import { Crew } from './crew.js';
import { FAULTS } from './faults/index.js';
import { startMatrixWorld } from './matrix-world.js';
import { MOMENTS } from './moments.js';
import { Play } from './play.js';
import { Reader } from './reader.js';
import { type Backend, writeResult } from './results.js';
import { Scenario } from './scenario.js';

const CELL_TIMEOUT_MS = 300_000;
const CLEAN = { objects: [], tables: [], backends: [], transactions: [], jobs: 0, uncleanPlans: 0 };

/** Plays cells one after another in one world, and at the end looks for litter of all of them. */
export function runCells(t: Test, backend: Backend, cells: readonly Cell[]): void {
  t.setTimeout(cells.length * CELL_TIMEOUT_MS);
  t.test(`the queue on ${backend}`, async (t) => {
    const world = await startMatrixWorld(t, backend, await startServers(t), cells.length);
    const crew = new Crew(world);
    const ground: Ground = { teardown: (undo) => t.teardown(undo) };
    for (const [index, cell] of cells.entries()) {
      const scenario = new Scenario(world, cell, index + 1);
      await t.test(titleOf(cell), { timeout: CELL_TIMEOUT_MS }, (t) =>
        runCell(new Play({ t, ground, world, crew, cell, scenario })),
      );
    }
    await crew.ready();
    t.strictSame(await world.waitUntilClean(), CLEAN, 'no cell left anything');
  });
}

function titleOf(cell: Cell): string {
  const strategy = cell.strategy === undefined ? '' : ` (${cell.strategy})`;
  return `${FAULTS[cell.fault].title}, ${MOMENTS[cell.moment].title}${strategy}: ${describeExpected(cell.expected)}`;
}

/** A cell that throws is written down as broken, too. */
async function runCell(play: Play): Promise<void> {
  const { t, world, cell } = play;
  const startedAt = performance.now();
  let isOver = false;
  try {
    await playCell(play);
    isOver = true;
  } finally {
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    const ok = isOver && t.passing();
    await writeResult({ ...cell, strategy: strategyOf(cell), backend: world.backend, ok, seconds });
  }
}

async function playCell(play: Play): Promise<void> {
  const { world, crew, cell, scenario } = play;
  await scenario.prepare();
  await crew.ready();
  const reader = new Reader(scenario);
  try {
    await FAULTS[cell.fault].play(play);
    await world.api.waitUntil(play.id, ({ done, cleanup }) => done === true && cleanup?.status === 'done');
    await FAULTS[cell.fault].check?.(play);
  } finally {
    await reader.stop();
    world.proxies.heal();
  }
  await checkCell(play, reader);
}
