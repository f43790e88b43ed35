import { startCopydock } from '../copydock.js';
import { runLoad } from '../copydock-load.js';
import { makeTargetState } from '../databases.js';
import type { Json } from '../http-client.js';
import { makeResult } from '../result.js';
import type { Scenario } from '../scenario.js';
import { makeSource } from '../source.js';
import { median, quantile } from '../statistics.js';
import { createTable } from '../tables.js';

const ROWS = 40;
const LOADS = 30;
const WARM_UP = 3;

export const small: Scenario = {
  name: 'small',
  title: 'a load of 10 kB, one after another: POST until its client hears that it succeeded',
  aim: 'median at most 250 ms',
  run: async (world) => {
    const state = await makeTargetState(world, 'small', (url) => createTable(url, 'entity'));
    await state.restore();
    const source = await makeSource(world, {
      name: 'small',
      dataSet: 'bench-a',
      firstEntity: 1,
      rows: ROWS,
      files: 1,
      versionOf: () => 1,
    });
    const copydock = await startCopydock(world);
    const seconds: number[] = [];
    const phases: Record<string, number>[] = [];
    try {
      for (let load = 0; load < WARM_UP + LOADS; load += 1) {
        const run = await runLoad(world, copydock, {
          load_type: 'full',
          data_set: 'bench-a',
          table: 'entity',
          path: source.path,
        });
        if (run.kind === 'refused') throw new Error(run.reason);
        if (load < WARM_UP) continue;
        seconds.push(run.figures.seconds);
        phases.push((run.load.receipt as { seconds: Record<string, number> } & Json).seconds);
      }
    } finally {
      await copydock.stop();
    }
    const phase = (name: string) =>
      `${name} ${(1000 * median(phases.map((of) => of[name] ?? 0))).toFixed(0)}`;
    const named = ['queued', 'staging', 'copying', 'committing', 'total'].map(phase).join(', ');
    return [
      makeResult({
        scenario: 'small',
        strategy: 'picked',
        rows: ROWS,
        seconds: median(seconds),
        note: `p90 ${(1000 * quantile(seconds, 0.9)).toFixed(0)} ms; medians in ms: ${named}`,
      }),
    ];
  },
};
