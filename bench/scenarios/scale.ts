import { compareLoads, type OwnLoad } from '../compare-loads.js';
import { makeTargetState } from '../databases.js';
import type { Scenario } from '../scenario.js';
import { makeSource } from '../source.js';
import { createTable } from '../tables.js';
import type { World } from '../world.js';

export const scale: Scenario = {
  name: 'scale',
  title: 'append of twice the rows; itself with as many as the others',
  aim: 'at most 2.1 times the time and 1.1 times the RSS',
  run: async (world) => {
    const { rows } = world.options;
    const state = await makeTargetState(world, 'scale', (url) => createTable(url, 'entity'));
    const loads = [await appendOf(world, rows), await appendOf(world, 2 * rows)];
    return compareLoads(world, 'scale', state, loads);
  },
};

async function appendOf(world: World, rows: number): Promise<OwnLoad> {
  const { path, sizeBytes } = await makeSource(world, {
    name: `scale-${rows}`,
    dataSet: 'bench-a',
    firstEntity: 1,
    rows,
    files: world.options.files,
    versionOf: () => 1,
    isLocal: false,
  });
  const request = { load_type: 'delta', disposition: 'append', data_set: 'bench-a', table: 'entity', path };
  return { label: `${rows} rows`, rows, sizeBytes, request };
}
