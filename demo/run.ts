/** npm run demo: real files, loaded end to end on this machine, with what is refused and what fails. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { explainError } from '../src/cli/explain-error.js';
import { countOf } from '../src/cli/format.js';
import { muteSdkVersionWarning } from '../src/config.js';
import type { Problem } from '../src/http/schemas/problem.js';
import { createPool } from '../src/postgres/pool.js';
import { createS3Client } from '../src/s3/client.js';
import { startDev } from '../src/start/dev.js';
import { SAMPLE_PREFIX, SAMPLE_SOURCE_BUCKET } from '../src/start/sample-data.js';
import { type OnStop, runUntilStopped } from '../src/start/shutdown.js';
import { createDemoClient, type DemoClient } from './client.js';
import { listStagedObjects } from './list-staged.js';
import { BROKEN_FILE, DEMO_LOADS, type DemoLoad, FAILING_LOAD, REFUSED_REQUEST } from './loads.js';
import { INTRODUCTION, StatusLine, say, showLoad, showProblem, showRequest } from './show.js';

const STOP_DEADLINE_MS = 20_000;

interface Stage {
  client: DemoClient;
  countRows(sql: string): Promise<number>;
  putBrokenFile(): Promise<void>;
  listStaged(): Promise<string[]>;
}

/** What did not come out as it should. */
const surprises: string[] = [];

function expect(isTrue: boolean, what: string): void {
  if (!isTrue) surprises.push(what);
}

async function run(onStop: OnStop, signal: AbortSignal): Promise<number> {
  say(INTRODUCTION);
  const stage = await setStage(onStop, signal);
  for (const load of DEMO_LOADS) await showSuccess(stage, load);
  await showRefusal(stage);
  await showFailure(stage);
  const staged = await stage.listStaged();
  expect(staged.length === 0, `${countOf(staged.length, 'object')} left in the staging bucket`);
  say(`\n== ${surprises.length === 0 ? 'All of it came out as expected' : 'NOT as expected'}`);
  for (const surprise of surprises) say(`- ${surprise}`);
  return surprises.length === 0 ? 0 : 1;
}

async function setStage(onStop: OnStop, signal: AbortSignal): Promise<Stage> {
  const dataDir = await mkdtemp(join(tmpdir(), 'copydock-demo-'));
  onStop('data folder', () => rm(dataDir, { recursive: true, force: true }));
  // The server's user, who is another one where the demo runs as root, must be able to enter.
  await chmod(dataDir, 0o755);
  const { url, config } = await startDev({ dataDir, persistent: false, onStop, env: { PORT: '0' } });
  signal.throwIfAborted();
  const pool = createPool(config.databaseUrl, { applicationName: 'demo', max: 1 });
  onStop('connection', () => pool.end());
  const s3 = createS3Client(config.s3);
  onStop('S3 client', async () => s3.destroy());
  return {
    client: createDemoClient(url, signal),
    countRows: async (sql) => Number((await pool.query<{ count: string }>(sql)).rows[0]?.count),
    putBrokenFile: async () => {
      const Key = `${SAMPLE_PREFIX}${BROKEN_FILE.name}`;
      await s3.send(new PutObjectCommand({ Bucket: SAMPLE_SOURCE_BUCKET, Key, Body: BROKEN_FILE.text }));
    },
    listStaged: () => listStagedObjects(s3),
  };
}

async function showSuccess(
  { client, countRows }: Stage,
  { request, countRows: sql }: DemoLoad,
): Promise<void> {
  const title = `Full load of ${request.data_set}`;
  showRequest(title, request);
  const load = await submitAndFollow(client, request);
  if (load === null) return;
  const rows = await countRows(sql);
  say(`rows      ${rows} by: ${sql}`);
  expect(load.status === 'succeeded', `${title} ended ${load.status}`);
  expect(
    rows > 0 && rows === load.receipt?.loaded,
    `${title}: ${rows} rows in the table, other than the receipt says`,
  );
}

async function showRefusal({ client }: Stage): Promise<void> {
  showRequest('A request that is refused: production with the bucket of development', REFUSED_REQUEST);
  const { status, body } = await client.submit(REFUSED_REQUEST);
  showProblem(status, body as Problem);
  const { code } = body as Problem;
  expect(
    status === 422 && code === 'staging_bucket_not_allowed',
    `the refused request was answered ${status} ${code}`,
  );
}

async function showFailure({ client, countRows, putBrokenFile }: Stage): Promise<void> {
  await putBrokenFile();
  const before = await countRows(FAILING_LOAD.countRows);
  showRequest('A load that fails: a value that is no date', FAILING_LOAD.request);
  const load = await submitAndFollow(client, FAILING_LOAD.request);
  const after = await countRows(FAILING_LOAD.countRows);
  say(`rows      ${after} as before: nothing was changed`);
  expect(load?.error?.code === 'bad_value', `the broken file ended ${load?.status} ${load?.error?.code}`);
  expect(before === after, `the failed load left ${after} rows of ${before}`);
}

async function submitAndFollow(client: DemoClient, request: object) {
  const { status, body } = await client.submit(request);
  if (!('id' in body)) {
    showProblem(status, body);
    surprises.push(`a request was refused: ${body.detail}`);
    return null;
  }
  const line = new StatusLine();
  const load = await client.follow(body.id, (reached) => line.add(reached));
  line.end();
  showLoad(load, await client.readLog(body.id));
  return load;
}

const logger = {
  info: say,
  error: (fields: object, message: string) => console.error(message, fields),
};

muteSdkVersionWarning();
try {
  process.exitCode = await runUntilStopped(run, { deadlineMs: STOP_DEADLINE_MS, logger });
} catch (error) {
  console.error(explainError(error).lines.join('\n'));
  process.exitCode = 1;
}
process.exit();
