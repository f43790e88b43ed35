import { startCopydock } from '../copydock.js';
import { runLoad } from '../copydock-load.js';
import { checksum, makeTargetState } from '../databases.js';
import { makeResult, type Result } from '../result.js';
import type { Scenario } from '../scenario.js';
import { makeSource } from '../source.js';
import { createTable } from '../tables.js';

/** 2 GB at the 250 bytes of a row, where `--rows` is 2,000,000. */
const TIMES_THE_ROWS = 4;
const CONNECTIONS = 4;

export const memory: Scenario = {
  name: 'memory',
  title: 'peak RSS of a fresh worker: 1 kB for each of --rows in one object, 4 connections',
  aim: 'at most 256 MiB',
  run: async (world) => {
    const rows = TIMES_THE_ROWS * world.options.rows;
    const state = await makeTargetState(world, 'memory', (url) => createTable(url, 'whole'));
    const source = await makeSource(world, {
      name: 'memory',
      dataSet: 'bench-a',
      firstEntity: 1,
      rows,
      files: 1,
      versionOf: () => 1,
      isLocal: false,
    });
    const results: Result[] = [];
    for (const strategy of ['delete_insert', 'direct']) {
      await state.restore();
      const copydock = await startCopydock(world, {
        environment: { parallelism: CONNECTIONS },
        variables: { COPYDOCK_DIRECT_MAX_SIZE: '16GiB' },
      });
      try {
        const run = await runLoad(world, copydock, {
          load_type: 'full',
          data_set: 'bench-a',
          table: 'whole',
          path: source.path,
          commit_strategy: strategy,
        });
        if (run.kind === 'refused') throw new Error(run.reason);
        const found = await checksum(world, 'whole');
        if (!found.startsWith(`${rows} rows`)) throw new Error(`expected ${rows} rows, found ${found}`);
        results.push(
          makeResult({
            scenario: 'memory',
            strategy,
            rows,
            seconds: run.figures.seconds,
            rss_mib: run.rssMib,
            mb_per_s: source.sizeBytes / 1e6 / run.figures.seconds,
            client_cpu_s: run.figures.clientCpuSeconds,
            note: `${(source.sizeBytes / 1e9).toFixed(2)} GB`,
          }),
        );
      } finally {
        await copydock.stop();
      }
    }
    return results;
  },
};
