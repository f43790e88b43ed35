import { type Copydock, startCopydock } from '../copydock.js';
import { runLoad } from '../copydock-load.js';
import { checksum, makeTargetState, type TargetState } from '../databases.js';
import { type Figures, medianFigures } from '../measure.js';
import { makeResult } from '../result.js';
import type { Scenario } from '../scenario.js';
import { makeSource, type Source } from '../source.js';
import { median } from '../statistics.js';
import { createTable } from '../tables.js';
import type { World } from '../world.js';

interface Size {
  rows: number;
  source: Source;
  runs: Figures[];
  rssMib: number[];
}

export const scale: Scenario = {
  name: 'scale',
  title: 'append of twice the rows; itself with as many as the others',
  aim: 'at most 2.1 times the time and 1.1 times the RSS',
  run: async (world) => {
    const { rows, runs } = world.options;
    const state = await makeTargetState(world, 'scale', (url) => createTable(url, 'entity'));
    await state.restore();
    const single = await makeSize(world, rows);
    const double = await makeSize(world, 2 * rows);
    const copydock = await startCopydock(world);
    try {
      for (let round = 0; round < runs; round += 1) {
        for (const size of [single, double]) await runSize(world, copydock, state, size);
      }
    } finally {
      await copydock.stop();
    }
    const ours = medianFigures(double.runs);
    const rival = medianFigures(single.runs);
    const rss = median(double.rssMib);
    return [
      makeResult({
        scenario: 'scale',
        strategy: 'picked',
        rows: 2 * rows,
        seconds: ours.seconds,
        rival: `${rows} rows`,
        rival_seconds: rival.seconds,
        ratio: ours.seconds / rival.seconds,
        wal_ratio: ours.walBytes / rival.walBytes,
        rss_mib: rss,
        mb_per_s: double.source.sizeBytes / 1e6 / ours.seconds,
        note: `RSS ${(rss / median(single.rssMib)).toFixed(2)} of that with half of the rows`,
      }),
    ];
  },
};

async function makeSize(world: World, rows: number): Promise<Size> {
  const source = await makeSource(world, {
    name: `scale-${rows}`,
    dataSet: 'bench-a',
    firstEntity: 1,
    rows,
    files: world.options.files,
    versionOf: () => 1,
    isLocal: false,
  });
  return { rows, source, runs: [], rssMib: [] };
}

async function runSize(world: World, copydock: Copydock, state: TargetState, size: Size): Promise<void> {
  await state.restore();
  const run = await runLoad(world, copydock, {
    load_type: 'delta',
    disposition: 'append',
    data_set: 'bench-a',
    table: 'entity',
    path: size.source.path,
  });
  if (run.kind === 'refused') throw new Error(run.reason);
  const found = await checksum(world, 'entity');
  if (!found.startsWith(`${size.rows} rows`)) throw new Error(`expected ${size.rows} rows, found ${found}`);
  size.runs.push(run.figures);
  size.rssMib.push(run.rssMib);
}
