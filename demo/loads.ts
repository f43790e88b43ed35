import { SAMPLE_PREFIX, SAMPLE_SOURCE_BUCKET, SAMPLE_STAGING_BUCKET } from '../src/start/sample-data.js';

export interface DemoLoad {
  request: Record<string, unknown>;
  /** What the target holds of it afterwards. */
  countRows: string;
}

export const BROKEN_FILE = {
  name: 'broken_typology.csv',
  text: 'typology|name|entry_date\ncategory|Category|2024-01-01\ndocument|Document|not known\n',
};

/** In an order that foreign keys allow: data sets refer to licences. */
export const DEMO_LOADS: DemoLoad[] = [
  ...['typology', 'licence', 'organisation', 'dataset', 'old-entity'].map((dataSet) => {
    const table = dataSet.replaceAll('-', '_');
    return {
      request: fullLoad(dataSet, `exported_${table}.csv`),
      countRows: `SELECT count(*) FROM ${table}`,
    };
  }),
  ...['article-4-direction', 'ancient-woodland'].map((dataSet) => ({
    request: fullLoad(dataSet, 'exported_entity.csv'),
    countRows: `SELECT count(*) FROM entity WHERE dataset = '${dataSet}'`,
  })),
];

/** A production DAG whose Airflow Variable still holds the bucket of development. */
export const REFUSED_REQUEST = { ...fullLoad('typology', 'exported_typology.csv'), env: 'production' };

export const FAILING_LOAD: DemoLoad = {
  request: fullLoad('typology', BROKEN_FILE.name),
  countRows: 'SELECT count(*) FROM typology',
};

function fullLoad(dataSet: string, file: string): Record<string, unknown> {
  return {
    load_type: 'full',
    data_set: dataSet,
    path: `s3://${SAMPLE_SOURCE_BUCKET}/${SAMPLE_PREFIX}${file}`,
    env: 'development',
    s3_bucket: SAMPLE_STAGING_BUCKET,
  };
}
