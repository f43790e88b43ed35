import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { compare } from '../compare.js';
import { makeTargetState, targetUrl } from '../databases.js';
import { measure, timed } from '../measure.js';
import type { Result } from '../result.js';
import { insertBatches, insertRowByRow, type Values } from '../rivals/inserts.js';
import type { Scenario } from '../scenario.js';
import { makeSource, type Source } from '../source.js';
import { createTable } from '../tables.js';

const SHARE_OF_ROWS = 0.1;

const RIVALS = [
  ['an INSERT per row, 1,000 a commit', insertRowByRow],
  ['an INSERT per 1,000 rows', insertBatches],
] as const;

export const inserts: Scenario = {
  name: 'inserts',
  title: 'append of a tenth of the rows; batched inserts, 1,000 a commit, as Airflow transfers rows',
  aim: 'an INSERT per row takes at least 8 times as long: a ratio of at most 0.125',
  run: async (world) => {
    const rows = Math.ceil(world.options.rows * SHARE_OF_ROWS);
    const source = await makeSource(world, {
      name: 'inserts',
      dataSet: 'bench-a',
      firstEntity: 1,
      rows,
      files: world.options.files,
      versionOf: () => 1,
    });
    const values = await readValues(source);
    const state = await makeTargetState(world, 'inserts', (url) => createTable(url, 'entity'));
    const results: Result[] = [];
    for (const [rivalName, insert] of RIVALS) {
      const ownCpu = () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6;
      const comparison = {
        scenario: 'inserts',
        rows,
        sizeBytes: source.sizeBytes,
        state,
        table: 'entity',
        rivalName,
        rival: () => measure(world, ownCpu, () => timed(() => insert(targetUrl(world), 'entity', values))),
        request: {
          load_type: 'delta',
          disposition: 'append',
          data_set: 'bench-a',
          table: 'entity',
          path: source.path,
        },
        strategies: [],
      };
      results.push(...(await compare(world, comparison)));
    }
    return results;
  },
};

/** In memory before the clock starts: reading the files costs the inserts nothing. */
async function readValues({ localFiles }: Source): Promise<Values[]> {
  const files = await Promise.all(localFiles.map((file) => readFile(file)));
  return files.flatMap((file) => {
    const records: string[][] = parse(file, { from_line: 2 });
    return records.map((record) => record.map((value) => (value === '' ? null : value)));
  });
}
