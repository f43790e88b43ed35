import { compare } from '../compare.js';
import { makeTargetState } from '../databases.js';
import { runPsql } from '../rivals/psql.js';
import type { Scenario } from '../scenario.js';
import { makeSource } from '../source.js';
import { createTable } from '../tables.js';

export const append: Scenario = {
  name: 'append',
  title: 'append to a table with primary key and one index; psql: \\copy in one transaction',
  aim: 'at most 1.05 of the time of psql',
  run: async (world) => {
    const { rows, files } = world.options;
    const source = await makeSource(world, {
      name: 'append',
      dataSet: 'bench-a',
      firstEntity: 1,
      rows,
      files,
      versionOf: () => 1,
    });
    return compare(world, {
      scenario: 'append',
      rows,
      sizeBytes: source.sizeBytes,
      state: await makeTargetState(world, 'append', (url) => createTable(url, 'entity')),
      table: 'entity',
      rivalName: 'psql',
      rival: () => runPsql(world, { table: 'entity', before: '', source }),
      request: {
        load_type: 'delta',
        disposition: 'append',
        data_set: 'bench-a',
        table: 'entity',
        path: source.path,
      },
      strategies: ['direct', 'append'],
    });
  },
};
