import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { startEmbeddedPostgres } from '../../../src/start/embedded/postgres.js';
import { readPostmasterPid } from '../../../src/start/embedded/stale-postmaster.js';
import { withClient } from '../../services/database.js';
import { waitUntil } from '../../services/processes.js';

const IS_ROOT = process.getuid?.() === 0;

async function makeFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'copydock-embedded-'));
  await chmod(folder, 0o711);
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

t.test('it is PostgreSQL 18 in UTF8, listens on loopback with a password, and keeps its data', async (t) => {
  const dataDir = join(await makeFolder(t), 'nested', 'data');
  await mkdir(join(dataDir, '..'), { mode: 0o755 });
  const first = await startEmbeddedPostgres({ dataDir, persistent: true });
  await withClient(first.url, (client) => client.query('CREATE TABLE kept (id int)'));
  const { rows } = await withClient(first.url, (client) =>
    client.query(`SELECT current_setting('server_version_num')::int / 10000 AS major,
      current_setting('server_encoding') AS encoding, current_setting('TimeZone') AS timezone,
      current_setting('listen_addresses') AS addresses`),
  );
  t.same(rows, [{ major: 18, encoding: 'UTF8', timezone: 'UTC', addresses: '127.0.0.1' }]);
  const wrong = new URL(first.url);
  wrong.password = 'wrong';
  await t.rejects(
    withClient(wrong.href, async () => {}),
    { code: '28P01' },
  );
  await first.stop();

  const second = await startEmbeddedPostgres({ dataDir, persistent: true });
  t.teardown(() => second.stop());
  const { rowCount } = await withClient(second.url, (client) => client.query('SELECT * FROM kept'));
  t.equal(rowCount, 0);
});

t.test('settings reach the server, and a folder that is not to be kept is removed', async (t) => {
  const folder = await makeFolder(t);
  const server = await startEmbeddedPostgres({
    dataDir: join(folder, 'data'),
    persistent: false,
    settings: { fsync: 'off' },
  });
  const { rows } = await withClient(server.url, (client) => client.query('SHOW fsync'));
  t.same(rows, [{ fsync: 'off' }]);
  await server.stop();
  t.same(await readdir(folder), []);
});

t.test('a folder that another live run uses is refused', async (t) => {
  const dataDir = join(await makeFolder(t), 'data');
  const server = await startEmbeddedPostgres({ dataDir, persistent: true });
  t.teardown(() => server.stop());
  await t.rejects(startEmbeddedPostgres({ dataDir, persistent: true }), {
    message: `Process ${process.pid} uses ${dataDir}: stop it first, or choose another folder.`,
  });
});

t.test('a server that a killed run left behind is ended, and its data is there', async (t) => {
  const dataDir = join(await makeFolder(t), 'data');
  const script = `
    import { startEmbeddedPostgres } from './src/start/embedded/postgres.ts';
    const { url } = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, persistent: true });
    console.log(url);
    process.kill(process.pid, 'SIGKILL');`;
  const killed = await promisify(execFile)(process.execPath, [
    '--import=tsx',
    '--input-type=module',
    '-e',
    script,
  ]).catch((error: { stdout: string; signal: string }) => error);
  t.equal('signal' in killed && killed.signal, 'SIGKILL');
  const stale = readPostmasterPid(join(dataDir, 'cluster'));
  t.type(stale, 'number', 'the server outlived its run');

  const server = await startEmbeddedPostgres({ dataDir, persistent: true });
  t.teardown(() => server.stop());
  t.not(readPostmasterPid(join(dataDir, 'cluster')), stale);
  await withClient(server.url, (client) => client.query('SELECT 1'));
});

t.test('the server ends with a process that did not stop it', async (t) => {
  const dataDir = join(await makeFolder(t), 'data');
  const script = `
    import { startEmbeddedPostgres } from './src/start/embedded/postgres.ts';
    await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, persistent: true });
    process.exit(3);`;
  const run = promisify(execFile)(process.execPath, ['--import=tsx', '--input-type=module', '-e', script]);
  await t.rejects(run, { code: 3 });
  await waitUntil(
    'The end of the server',
    10_000,
    async () => readPostmasterPid(join(dataDir, 'cluster')) === null,
  );
  t.pass('it ended');
});

t.test('a cluster that was made only half is made again', async (t) => {
  const dataDir = join(await makeFolder(t), 'data');
  await mkdir(join(dataDir, 'cluster', 'base'), { recursive: true });
  const server = await startEmbeddedPostgres({ dataDir, persistent: false });
  await withClient(server.url, (client) => client.query('SELECT 1'));
  await server.stop();
  t.pass('it started');
});

t.test('a setting that the server refuses is named', async (t) => {
  const dataDir = join(await makeFolder(t), 'data');
  const start = startEmbeddedPostgres({ dataDir, persistent: true, settings: { no_such_setting: '1' } });
  await t.rejects(
    start,
    /did not start: .*unrecognized configuration parameter "no_such_setting".*postgres\.log/,
  );
});

t.test('a port that is taken is named', async (t) => {
  const dataDir = join(await makeFolder(t), 'data');
  const server = await startEmbeddedPostgres({ dataDir, persistent: true });
  t.teardown(() => server.stop());
  const port = Number(new URL(server.url).port);
  const other = startEmbeddedPostgres({ dataDir: `${dataDir}-2`, persistent: false, port });
  await t.rejects(other, {
    message: `Port ${port} can't be used: another process has it. Choose another one.`,
  });
});

if (IS_ROOT) {
  t.test('as root, a folder that the server may not enter is named with the way out', async (t) => {
    const folder = await makeFolder(t);
    await chmod(folder, 0o700);
    const start = startEmbeddedPostgres({ dataDir: join(folder, 'data'), persistent: true });
    await t.rejects(start, { message: new RegExp(`may not enter ${folder}: run chmod o\\+x ${folder}`) });
  });
}

t.test('the log of the server stays in its folder', async (t) => {
  const dataDir = join(await makeFolder(t), 'data');
  const server = await startEmbeddedPostgres({ dataDir, persistent: true });
  await server.stop();
  t.match(await readFile(join(dataDir, 'postgres.log'), 'utf8'), /ready to accept connections/);
});
