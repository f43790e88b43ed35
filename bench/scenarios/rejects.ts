import { compareLoads, type OwnLoad } from '../compare-loads.js';
import { makeTargetState } from '../databases.js';
import type { Scenario } from '../scenario.js';
import { makeSource } from '../source.js';
import { createTable } from '../tables.js';
import type { World } from '../world.js';

export const rejects: Scenario = {
  name: 'rejects',
  title: 'on_error: skip without a bad row, and with 1% of them; on_error: abort without',
  aim: 'no more time without a bad row, at most 3 times the time with 1%',
  run: async (world) => {
    const state = await makeTargetState(world, 'rejects', (url) => createTable(url, 'entity'));
    const clean = await makeLoad(world, 'clean', () => false);
    const bad = await makeLoad(world, 'bad', (entity) => entity % 100 === 7);
    return compareLoads(world, 'rejects', state, [
      { ...clean, label: 'abort' },
      { ...clean, label: 'skip, no bad row', request: { ...clean.request, on_error: 'skip' } },
      { ...bad, label: 'skip, 1% bad rows', request: { ...bad.request, on_error: 'skip' } },
    ]);
  },
};

async function makeLoad(
  world: World,
  name: string,
  isBad: (entity: number) => boolean,
): Promise<Omit<OwnLoad, 'label'>> {
  const { rows, files } = world.options;
  const { path, sizeBytes } = await makeSource(world, {
    name: `rejects-${name}`,
    dataSet: 'bench-a',
    firstEntity: 1,
    rows,
    files,
    versionOf: () => 1,
    isBad,
    isLocal: false,
  });
  const bad = Array.from({ length: rows }, (_, index) => isBad(1 + index)).filter(Boolean).length;
  const request = { load_type: 'delta', disposition: 'append', data_set: 'bench-a', table: 'entity', path };
  return { rows: rows - bad, sizeBytes, request };
}
