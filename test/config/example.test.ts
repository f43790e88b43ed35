import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import t from 'tap';
import { loadConfig } from '../../src/config.js';
import { checkStagingBucket, chooseBucket } from '../../src/loads/bucket.js';
import { CONTROL_URL, writeConfig } from './config-file.js';

const EXAMPLE = resolve(import.meta.dirname, '../../copydock.example.yaml');
const env = { DATABASE_URL: CONTROL_URL, COPYDOCK_CONFIG: EXAMPLE };

t.test('the shipped example loads as it is', async (t) => {
  const config = await loadConfig(env);
  t.same([...config.environments.keys()], ['development', 'local', 'new-env', 'production', 'staging']);
  t.equal(config.environments.get('development')?.databaseUrl, CONTROL_URL);
  t.equal(config.environments.get('new-env')?.databaseUrl, CONTROL_URL);
  t.equal(config.environments.get('production')?.databaseUrl, null);
  t.same(config.tables.get('public.entity'), { scopeColumn: 'dataset', lockTarget: false });
  t.match(config.dataSets.get('ancient-woodland'), { table: 'entity', csv: { delimiter: '|' } });
});

t.test('it takes production from a variable', async (t) => {
  const PRODUCTION_DATABASE_URL = 'postgres://loader@prod.example/pd';
  const config = await loadConfig({ ...env, PRODUCTION_DATABASE_URL });
  t.equal(config.environments.get('production')?.databaseUrl, PRODUCTION_DATABASE_URL);
});

t.test('the lines that are commented out in it work too', async (t) => {
  const text = (await readFile(EXAMPLE, 'utf8'))
    .replace('# path_layout', 'path_layout')
    .replace(/^# (api_keys:| {2}- )/gm, '$1');
  const keys = { AIRFLOW_KEY_SHA256: 'a'.repeat(64), STATUS_KEY_SHA256: 'b'.repeat(64) };
  const config = await loadConfig({ ...env, ...keys, COPYDOCK_CONFIG: await writeConfig(t, text) });
  t.same(
    config.apiKeys.map(({ name }) => name),
    ['airflow-production', 'status-page'],
  );
  t.equal(config.environments.get('production')?.pathLayout, 'collection');
});

/** Under the example: environment, s3_bucket, and the bucket that is taken (null: it is refused). */
const REQUESTS = [
  ['development', 'my-staging-bucket', 'my-staging-bucket'],
  ['development', undefined, 'development-pyspark-jobs-codepackage'],
  ['new-env', 'new-env-pyspark-jobs-codepackage', 'new-env-pyspark-jobs-codepackage'],
  ['new-env', undefined, 'new-env-pyspark-jobs-codepackage'],
  ['production', undefined, 'production-pyspark-jobs-codepackage'],
  ['production', 'development-pyspark-jobs-codepackage', null],
  ['staging', 'development-pyspark-jobs-codepackage', null],
] as const;

for (const [name, requestBucket, expected] of REQUESTS) {
  t.test(
    `${name} with s3_bucket ${requestBucket ?? 'left out'} ${expected ? `stages in ${expected}` : 'is refused'}`,
    async (t) => {
      const config = await loadConfig(env);
      const environment = config.environments.get(name);
      if (!environment) throw new Error(`${name} is not configured`);
      const decision = chooseBucket({ requestBucket, env: environment, rule: config.bucketRule });
      const check = () => checkStagingBucket(decision, environment, [...config.environments.keys()]);
      if (expected === null) t.throws(check, { code: 'staging_bucket_not_allowed' });
      else {
        t.equal(decision.bucket, expected);
        t.doesNotThrow(check);
      }
    },
  );
}
