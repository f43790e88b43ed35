import { randomBytes } from 'node:crypto';
import t from 'tap';
import { loadConfig } from '../../src/config.js';
import { openSecretsManager } from '../../src/secrets/secrets-manager.js';
import { writeConfig } from '../config/config-file.js';
import { REGIONS } from '../services/regions.js';
import { createTestBucket, putTestObject } from '../services/s3.js';
import { startStack } from '../worker/stack.js';
import { startSecretsServer } from './secrets-server.js';
import { startStsServer } from './sts-server.js';

t.setTimeout(120_000);

type Region = (typeof REGIONS)[number]['name'];

const roleOf = (name: string) => `arn:aws:iam::111122223333:role/copydock/${name}`;
const database_url = '${DATABASE_URL}';
const configFile = await writeConfig(
  t,
  JSON.stringify({
    environments: {
      development: { database_url, role_arn: roleOf('north'), external_id: 'ext-north' },
      staging: { database_url, role_arn: roleOf('south'), session_name: 'loads' },
      late: { database_url, role_arn: roleOf('south') },
      refused: { database_url, role_arn: roleOf('north'), external_id: 'another' },
    },
  }),
);

const sts = await startStsServer(t);
for (const { name, ...keys } of REGIONS) {
  sts.roles.set(roleOf(name), name === 'north' ? { ...keys, externalId: 'ext-north' } : keys);
}
const stack = await startStack(t, {
  variables: {
    AWS_ENDPOINT_URL_STS: sts.endpoint,
    COPYDOCK_CONFIG: configFile,
    COPYDOCK_ENVIRONMENTS: 'development,staging,late,refused',
  },
});
await stack.sql(
  'CREATE TABLE public.north (id int PRIMARY KEY); CREATE TABLE public.south (id int PRIMARY KEY)',
);
const buckets = { north: '', south: '' };
for (const { name } of REGIONS) {
  buckets[name] = await createTestBucket(t, `${name}-${randomBytes(4).toString('hex')}`);
  await putTestObject(buckets[name], 'data.csv', 'id\n1\n2\n');
}

/** A load that stages in one region what it reads in another. */
function load(env: string, staging: Region, source: Region = staging) {
  const path = `s3://${buckets[source]}/data.csv`;
  return stack.load({ load_type: 'full', env, data_set: staging, path, s3_bucket: buckets[staging] });
}

const asked = (sessionName: string) => sts.asked.filter((one) => one.sessionName === sessionName).length;

t.test('each environment asks S3 as its own role, and no load gets by the role of another', async (t) => {
  const both = await Promise.all([load('development', 'north'), load('staging', 'south')]);
  t.match(both, [{ status: 'succeeded' }, { status: 'succeeded' }]);
  const caller = process.env.AWS_ACCESS_KEY_ID;
  t.same(
    sts.asked.toSorted((a, b) => a.arn.localeCompare(b.arn)),
    [
      { arn: roleOf('north'), sessionName: 'copydock-development', externalId: 'ext-north', caller },
      { arn: roleOf('south'), sessionName: 'loads', externalId: null, caller },
    ],
    'once each, with the credentials of the process',
  );
  const denied = { status: 'failed', error: { code: 'source_access_denied' } };
  t.match(await load('development', 'north', 'south'), denied);
  t.match(await load('staging', 'south', 'north'), denied);
  t.equal(sts.asked.length, 2, 'what is assumed is kept');
});

t.test('a refused role ends the load at once and says whose it is', async (t) => {
  const { status, attempt, error } = await load('refused', 'north');
  t.match(
    { status, attempt, code: error.code },
    { status: 'failed', attempt: 1, code: 'role_access_denied' },
  );
  t.equal(
    error.detail,
    `STS refuses the role ${roleOf('north')} of environment refused (AccessDenied, HTTP 403).`,
  );
  t.match(error.hint, /environments\.refused\.role_arn and external_id/);
  t.equal(asked('copydock-refused'), 1);
  t.match(
    await load('development', 'north'),
    { status: 'succeeded' },
    'the same role for another environment',
  );
});

t.test('an outage of STS delays loads and loses none; credentials that expire are replaced', async (t) => {
  sts.fault = { code: 'InternalFailure', status: 500 };
  sts.lifetimeMs = 30_000;
  const ended = load('late', 'south');
  await stack.waitUntilSql(
    `SELECT count(*) > 0 AS done FROM copydock.loads WHERE waiting_for->>'detail' LIKE '%STS does not answer%'`,
  );
  t.ok(asked('copydock-late') <= 8, 'its own client tries again, the one of S3 does not');
  sts.fault = null;
  t.match(await ended, { status: 'succeeded', attempt: 1 });
  sts.lifetimeMs = 3_600_000;
  t.match(await load('late', 'south'), { status: 'succeeded' });
  const before = asked('copydock-late');
  t.match(await load('late', 'south'), { status: 'succeeded' });
  t.equal(asked('copydock-late'), before);
});

t.test('secrets of one name are read as the role of their environment', async (t) => {
  const server = await startSecretsServer(t);
  server.secrets.set('/db', 'text');
  const config = await loadConfig({
    DATABASE_URL: 'postgres://db/control',
    AWS_ENDPOINT_URL_STS: sts.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: server.endpoint,
    COPYDOCK_CONFIG: configFile,
  });
  const secrets = openSecretsManager(config);
  t.teardown(() => secrets.close());
  for (const env of ['development', 'staging', 'development', 'production']) await secrets.read('/db', env);
  t.same(server.callers, ['northkey', 'southkey', 'northkey', process.env.AWS_ACCESS_KEY_ID]);
  await t.rejects(secrets.read('/db', 'refused'), {
    code: 'role_access_denied',
    message: /of environment refused/,
  });
});
