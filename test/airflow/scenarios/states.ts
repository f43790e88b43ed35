import type { Mode, Outcome, Scenario, World } from '../scenario.js';
import {
  type DataSet,
  DEFAULT_STAGING_BUCKET,
  makeDataSet,
  STAGING_BUCKET,
  setVariables,
  trigger,
  triggerFor,
  waitForEnd,
} from '../world.js';

export const MODES: Mode[] = ['poke', 'reschedule', 'deferrable'];

const FIVE_DAGS = [
  ['emr_sl_title_boundary_collection_test', 'title-boundary'],
  ['emr_sl_transport_access_node_collection_test', 'transport-access-node'],
  ['emr_sl_title_boundary_collection', 'title-boundary'],
  ['emr_sl_transport_access_node_collection', 'transport-access-node'],
  ['emr_serverless_transport_access_node_dag', 'transport-access-node'],
] as const;

function makeCollection(world: World, name: string): Promise<DataSet> {
  return makeDataSet(world, name, `${name}-collection/transformed/${name}/part-00000.csv`);
}

export const success: Scenario = {
  name: 'success',
  play: async (world) => {
    const outcomes: Outcome[] = [];
    for (const [dagId, name] of FIVE_DAGS) {
      await makeCollection(world, name);
      const run = await trigger(world, dagId);
      outcomes.push({
        label: dagId,
        run,
        expected: 'success',
        loads: 1,
        statuses: ['succeeded'],
        cause: { task: 'submit', pattern: new RegExp(`"s3_bucket":"${STAGING_BUCKET}"`) },
      });
    }
    for (const { run } of outcomes) await waitForEnd(world, run);
    return outcomes;
  },
};

export const successByMode: Scenario = {
  name: 'success',
  play: (world) =>
    playModes(world, 'success', async (run) => {
      await waitForEnd(world, run);
      return { expected: 'success', loads: 1, statuses: ['succeeded'] };
    }),
};

export const variableMissing: Scenario = {
  name: 'bucket Variable missing',
  play: async (world) => {
    await makeCollection(world, 'title-boundary');
    await setVariables(world, { s3_pyspark_jobs_codepackage: null });
    const run = await trigger(world, 'emr_sl_title_boundary_collection_test');
    await waitForEnd(world, run);
    const pattern = new RegExp(`"s3_bucket":"${DEFAULT_STAGING_BUCKET}"`);
    await setVariables(world, { env: 'production' });
    const refused = await trigger(world, 'emr_sl_title_boundary_collection');
    await waitForEnd(world, refused);
    await setVariables(world, { env: 'development', s3_pyspark_jobs_codepackage: STAGING_BUCKET });
    return [
      {
        label: 'development: the default',
        run,
        expected: 'success',
        loads: 1,
        statuses: ['succeeded'],
        cause: { task: 'submit', pattern },
      },
      {
        label: 'production: refused',
        run: refused,
        expected: 'failed',
        loads: 0,
        statuses: [],
        cause: {
          task: 'submit',
          pattern: /422 .*staging_bucket_not_allowed.*development-pyspark.*s3_pyspark_jobs_codepackage/,
        },
      },
    ];
  },
};

export const wrongBucket: Scenario = {
  name: 'wrong bucket for the environment',
  play: async (world) => {
    await setVariables(world, { s3_pyspark_jobs_codepackage: 'production-pyspark-jobs-codepackage' });
    const run = await trigger(world, 'emr_sl_title_boundary_collection');
    await waitForEnd(world, run);
    await setVariables(world, { s3_pyspark_jobs_codepackage: STAGING_BUCKET });
    return [
      {
        label: '',
        run,
        expected: 'failed',
        loads: 0,
        statuses: [],
        cause: { task: 'submit', pattern: /422 .*staging_bucket_not_allowed.*production-pyspark/ },
      },
    ];
  },
};

export const twoRuns: Scenario = {
  name: 'two runs of one data set at once',
  play: async (world) => {
    const dataSet = await makeDataSet(world, 'twice');
    const runs = [
      await triggerFor(world, 'scenario_poke', dataSet),
      await triggerFor(world, 'scenario_poke', dataSet),
    ];
    for (const run of runs) await waitForEnd(world, run);
    const rows = await world.copydock.sql('SELECT FROM twice');
    const faults = rows.length === 3 ? [] : [`${rows.length} rows, not 3`];
    return runs.map((run, index) => ({
      label: index === 0 ? 'first' : 'second',
      run,
      expected: 'success',
      loads: 1,
      statuses: ['succeeded'],
      faults,
    }));
  },
};

export type Finish = (
  run: Outcome['run'],
  mode: Mode,
  dataSet: DataSet,
) => Promise<Omit<Outcome, 'label' | 'run'>>;

/** One run in each mode, all at once. */
export async function playModes(
  world: World,
  name: string,
  finish: Finish,
  prepare: (dataSet: DataSet) => Promise<unknown> = async () => {},
  dagPrefix = 'scenario_',
): Promise<Outcome[]> {
  const started = [];
  for (const mode of MODES) {
    const dataSet = await makeDataSet(world, `${name}-${mode}`);
    await prepare(dataSet);
    started.push({ mode, dataSet, run: await triggerFor(world, dagPrefix + mode, dataSet) });
  }
  return Promise.all(
    started.map(async ({ mode, dataSet, run }) => ({
      label: mode,
      run,
      ...(await finish(run, mode, dataSet)),
    })),
  );
}
