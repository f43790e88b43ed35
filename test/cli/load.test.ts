import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createTestDatabase, withClient } from '../services/database.js';
import { createTestBucket, listTestObjects, putTestObject } from '../services/s3.js';
import { runCopydock, startCopydock } from './run-copydock.js';

const EXAMPLE = join(import.meta.dirname, '../../copydock.example.yaml');
const STAGED = 'tmp/postgres-copy/';
const ENTITIES = 'entity,dataset\n1,article-4-direction\n2,article-4-direction\n';

/** An empty database with the table `entity`, and a bucket with a file for it. */
async function prepare(t: Test, text = ENTITIES) {
  const databaseUrl = await createTestDatabase(t, { migrated: false });
  const sql = (query: string) => withClient(databaseUrl, async (client) => (await client.query(query)).rows);
  await sql('CREATE TABLE entity (entity bigint PRIMARY KEY, dataset text NOT NULL)');
  const source = await createTestBucket(t);
  await putTestObject(source, 'data/entity.csv', text);
  const command = (env: string, bucket: string, ...more: string[]) => [
    ...['load', '--load_type', 'full', '--data_set', 'entity', '--path', `s3://${source}/data/`],
    ...['--env', env, '--s3_bucket', bucket, ...more],
  ];
  return { sql, source, command, env: { DATABASE_URL: databaseUrl, COPYDOCK_CONFIG: EXAMPLE } };
}

for (const [env, bucket] of [
  ['development', 'my-staging-bucket'],
  ['new-env', 'new-env-pyspark-jobs-codepackage'],
] as const) {
  t.test(`--env ${env} --s3_bucket ${bucket} works under the example configuration`, async (t) => {
    const {
      sql,
      command,
      env: variables,
    } = await prepare(t, ENTITIES.replaceAll('article-4-direction', 'entity'));
    await createTestBucket(t, bucket);
    const { exitCode, stdout, stderr } = await runCopydock(t, command(env, bucket), variables);
    t.equal(exitCode, 0, stderr);
    t.match(stdout, /^succeeded in [\d.]+ s$/m);
    t.match(stdout, `bucket    ${bucket}: the request names it in s3_bucket`);
    t.match(stdout, /^strategy {2}direct: /m);
    t.match(stdout, 'public.entity: read 2 = loaded 2 + rejected 0 + deduplicated 0 + filtered 0');
    t.notMatch(stderr, '\r', 'plain lines where there is no terminal');
    t.strictSame(await sql('SELECT entity::int FROM entity ORDER BY 1'), [{ entity: 1 }, { entity: 2 }]);
    t.strictSame(await listTestObjects(bucket, STAGED), [], 'nothing is left in the staging bucket');
  });
}

t.test('--json prints the load and nothing else', async (t) => {
  const { source, command, env } = await prepare(t);
  const { exitCode, stdout, stderr } = await runCopydock(
    t,
    [
      ...command('development', source, '--json').map((arg) =>
        arg === 'entity' ? 'article-4-direction' : arg,
      ),
      '--csv.delimiter',
      ',',
    ],
    env,
  );
  t.equal(exitCode, 0, stderr);
  t.match(JSON.parse(stdout), {
    status: 'succeeded',
    done: true,
    s3_bucket: source,
    receipt: { loaded: 2 },
    cleanup: { status: 'done' },
  });
});

t.test('a load that fails is 1, with code, detail and hint on standard error', async (t) => {
  const { sql, source, command, env } = await prepare(t, 'entity,dataset\n1,entity\nten,entity\n');
  const { exitCode, stdout, stderr } = await runCopydock(t, command('development', source), env);
  t.equal(exitCode, 1);
  t.match(stdout, /^failed$/m);
  t.match(stderr, /^code {6}bad_value$/m);
  t.match(stderr, /^detail {4}.*line 3, column entity.*"ten"$/m);
  t.match(stderr, /^hint {6}Correct the value in the source\.$/m);
  t.strictSame(await sql('SELECT FROM entity'), []);
  t.strictSame(await listTestObjects(source, STAGED), []);
});

t.test('a request that is refused is 2, and no database is touched', async (t) => {
  const { sql, command, env } = await prepare(t);
  const production = { ...env, PRODUCTION_DATABASE_URL: env.DATABASE_URL };
  const args = command('production', 'development-pyspark-jobs-codepackage');
  const args2 = args.map((arg) => arg.replace(/^s3:.*/, 's3://production-data/x/'));
  const { exitCode, stdout, stderr } = await runCopydock(t, args2, production);
  t.equal(exitCode, 2);
  t.equal(stdout, '');
  t.match(stderr, /^refused$/m);
  t.match(stderr, /^code {6}staging_bucket_not_allowed$/m);
  t.match(stderr, 's3_pyspark_jobs_codepackage');
  t.strictSame(await sql("SELECT FROM pg_namespace WHERE nspname = 'copydock'"), []);
});

t.test('a refusal with --json is a problem document', async (t) => {
  const { command, env } = await prepare(t);
  const { exitCode, stdout } = await runCopydock(t, command('nowhere', 'b-b-b', '--json'), env);
  t.equal(exitCode, 2);
  t.match(JSON.parse(stdout), { status: 422, code: 'environment_unknown' });
});

t.test('a control database that does not answer is 1, without a stack', async (t) => {
  const { command, env } = await prepare(t);
  const away = { ...env, DATABASE_URL: 'postgres://user:hush@127.0.0.1:1/none' };
  const { exitCode, stderr } = await runCopydock(t, command('development', 'my-staging-bucket'), away);
  t.equal(exitCode, 1);
  t.match(stderr, 'The control database does not answer.');
  t.notMatch(stderr, /^ +at |hush/m);
});

t.test('Ctrl-C cancels the load', async (t) => {
  const { sql, source, command, env } = await prepare(t);
  await withClient(env.DATABASE_URL, async (blocker) => {
    await blocker.query('BEGIN; LOCK TABLE entity IN ACCESS EXCLUSIVE MODE');
    const running = startCopydock(t, command('development', source), env);
    await running.printed(/^(staging|copying)/m);
    running.child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await running.ended;
    t.equal(exitCode, 1);
    t.match(stdout, /^cancelled$/m);
    t.match(stderr, 'Cancelling the load');
  });
  t.strictSame(await sql('SELECT status FROM copydock.loads'), [{ status: 'cancelled' }]);
  t.strictSame(await listTestObjects(source, STAGED), []);
});

t.test('Ctrl-C during the commit says that it is too late, and the load goes on', async (t) => {
  const { sql, source, command, env } = await prepare(t);
  await withClient(env.DATABASE_URL, async (blocker) => {
    await blocker.query('BEGIN; LOCK TABLE entity IN SHARE MODE');
    const args = [
      ...command('development', source),
      '--commit_strategy',
      'delete_insert',
      '--allow_empty',
      'true',
    ];
    const running = startCopydock(t, args, env);
    await running.printed(/^committing/m);
    running.child.kill('SIGINT');
    await running.printed(/too late to cancel/);
    await blocker.query('ROLLBACK');
    const { exitCode, stderr } = await running.ended;
    t.equal(exitCode, 0, stderr);
    t.notMatch(stderr, 'Cancelling');
  });
  t.strictSame(await sql('SELECT status FROM copydock.loads'), [{ status: 'succeeded' }]);
});
