import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { prepareServices } from './ground.js';
import { runCopydock } from './run-copydock.js';

t.setTimeout(120_000);

t.test('doctor prints a line per check and ends with 0 where nothing failed, else with 1', async (t) => {
  const { env, bucket, sql } = await prepareServices(t);
  const file = join(t.testdir(), 'copydock.yaml');
  const development = { default_staging_bucket: bucket };
  const production = {
    database_url: 'postgres://user:hush@127.0.0.1:1/none',
    default_staging_bucket: bucket,
  };
  await writeFile(file, JSON.stringify({ environments: { development, production } }));
  const variables = { ...env, COPYDOCK_CONFIG: file };

  const well = await runCopydock(t, ['doctor', '--env', 'development'], variables);
  t.equal(well.exitCode, 0, well.stdout + well.stderr);
  const lines = well.stdout.trimEnd().split('\n');
  t.match(lines[0], /^ok {7}configuration, values: for development$/);
  for (const line of lines.slice(0, -1)) t.match(line, /^(ok {7}|warning {2}|skipped {2})\S.*, [\w- ]+: ./);
  t.match(lines.at(-1), /^\d+ ok, \d+ warning, 0 failed, 0 skipped$/);

  const ill = await runCopydock(t, ['doctor', '--env', 'production', '--json'], variables);
  t.equal(ill.exitCode, 1);
  const report = JSON.parse(ill.stdout) as { failed: number; checks: Record<string, unknown>[] };
  t.equal(report.failed, 1);
  t.match(
    report.checks.find(({ status }) => status === 'failed'),
    { subject: 'target of production', check: 'connection', hint: /environments\.production\.database_url/ },
  );
  t.notMatch(ill.stdout + ill.stderr, 'hush');
  t.strictSame(await sql('SELECT id FROM copydock.loads'), []);
});

t.test('doctor tells each problem of the configuration', async (t) => {
  const env = { DATABASE_URL: '', QUEUE_URL: '', LOG_LEVEL: 'loud' };
  const { exitCode, stdout } = await runCopydock(t, ['doctor', '--json'], env);
  t.equal(exitCode, 78);
  const { checks } = JSON.parse(stdout) as { checks: { subject: string; status: string; found: string }[] };
  t.strictSame(
    [...new Set(checks.map(({ subject, status }) => `${subject} ${status}`))],
    ['configuration failed'],
  );
  for (const key of ['DATABASE_URL', 'QUEUE_URL', 'LOG_LEVEL']) {
    t.ok(
      checks.some(({ found }) => found.startsWith(`${key}: `)),
      key,
    );
  }
});

t.test('doctor knows the environments', async (t) => {
  const env = { DATABASE_URL: 'postgres://127.0.0.1:1/none', QUEUE_URL: 'redis://127.0.0.1:1' };
  const { exitCode, stderr } = await runCopydock(t, ['doctor', '--env', 'producton'], env);
  t.equal(exitCode, 64);
  t.match(stderr, /There is no environment producton; did you mean production\?/);
});
