import { compare } from '../compare.js';
import { makeTargetState, type TargetState } from '../databases.js';
import type { Result } from '../result.js';
import { runPsql } from '../rivals/psql.js';
import type { Scenario } from '../scenario.js';
import { makeSource, type Source } from '../source.js';
import { fillTable } from '../tables.js';
import type { World } from '../world.js';

const STRATEGIES = ['direct', 'delete_insert', 'diff', 'swap', 'partition'];
const DATA_SETS = ['bench-a', 'bench-b'] as const;

/** A full load of `bench-a`, whose rows are in the table already, in an older version. */
export interface FullLoad {
  name: string;
  title: string;
  aim: string;
  table: string;
  createTable: (url: string) => Promise<void>;
  /** false: `bench-a` is all of the table, and no scope column is configured. */
  hasOtherDataSet: boolean;
  isChanged: (entity: number) => boolean;
}

export function defineFullLoad(load: FullLoad): Scenario {
  return { name: load.name, title: load.title, aim: load.aim, run: (world) => runFullLoad(world, load) };
}

async function runFullLoad(world: World, load: FullLoad): Promise<Result[]> {
  const { rows } = world.options;
  const source = await sourceOf(world, load, 'after', 0, (entity) => (load.isChanged(entity) ? 1 : 0));
  const where = load.hasOtherDataSet ? ` WHERE dataset = '${DATA_SETS[0]}'` : '';
  return compare(world, {
    scenario: load.name,
    rows,
    sizeBytes: source.sizeBytes,
    state: await stateOf(world, load),
    table: load.table,
    rivalName: 'psql',
    rival: () => runPsql(world, { table: load.table, before: `DELETE FROM ${load.table}${where};`, source }),
    request: { load_type: 'full', data_set: DATA_SETS[0], table: load.table, path: source.path },
    strategies: STRATEGIES,
  });
}

function stateOf(world: World, load: FullLoad): Promise<TargetState> {
  return makeTargetState(world, load.name, async (url) => {
    await load.createTable(url);
    const dataSets = load.hasOtherDataSet ? [0, 1] : [0];
    for (const index of dataSets) {
      await fillTable(url, load.table, await sourceOf(world, load, 'before', index, () => 0));
    }
  });
}

/** Each data set has entities of its own. */
function sourceOf(
  world: World,
  { name }: FullLoad,
  /** Both lie side by side: one must not take the other's place. */
  age: 'before' | 'after',
  index: number,
  versionOf: (entity: number) => number,
): Promise<Source> {
  const { rows, files } = world.options;
  const dataSet = DATA_SETS[index] ?? '';
  return makeSource(world, {
    name: `${name}-${dataSet}-${age}`,
    dataSet,
    firstEntity: 1 + index * rows,
    rows,
    files,
    versionOf,
  });
}
