/**
 * Runs the tests: starts PostgreSQL, Redis and SeaweedFS once, runs tap with its arguments, stops them.
 *
 *   npm test                                  the whole suite
 *   npm test -- test/loads/bucket.test.ts     some files, or any other argument of tap
 *   npm test -- --keep [tap arguments]        leaves the services up for the next run with --keep
 *   npm test -- --stop                        ends the services that --keep left
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildProgram } from './build-program.js';
import { ensureChromium } from './chromium.js';
import { ensurePgbouncer } from './pgbouncer.js';
import { killNow, type Services, stopServices } from './processes.js';
import {
  endAbandonedRuns,
  endKeptServices,
  findKeptServices,
  forgetRun,
  keepServices,
  lockKeptServices,
  recordRun,
} from './registry.js';
import { startServices } from './start.js';
import { closingLine, findFailures, findFault, findSlowest, readTotals } from './totals.js';

/** Only a run of at least as many tells of them. */
const SLOWEST_FILES = 40;
const PROJECT_DIR = resolve(import.meta.dirname, '../..');

/** Aborted by the first signal: what runs is ended, then the services are stopped. A second one ends all at once. */
const interruption = new AbortController();

function listenForSignals(): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (interruption.signal.aborted) process.exit(130);
      interruption.abort(new Error(`interrupted by ${name}`));
    });
  }
}

async function main(args: string[]): Promise<number> {
  listenForSignals();
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  await endAbandonedRuns();
  if (args.includes('--stop')) {
    console.log((await endKeptServices()) ? 'Stopped the services.' : 'No services were kept.');
    return 0;
  }
  const tapArgs = args.filter((arg) => arg !== '--keep');
  if (wants(tapArgs, 'test/dashboard/')) ensureChromium();
  if (wants(tapArgs, 'test/start/doctor/')) ensurePgbouncer();
  return args.includes('--keep') ? await runKeeping(tapArgs) : await runOnce(tapArgs);
}

/** The whole suite, or a test of that folder. */
function wants(tapArgs: string[], folder: string): boolean {
  const files = tapArgs.filter((arg) => arg.endsWith('.test.ts'));
  return files.length === 0 || files.some((file) => file.includes(folder));
}

async function runOnce(tapArgs: string[]): Promise<number> {
  let started: Services = { env: {}, processIds: [], paths: [] };
  const killAtExit = () => killNow(started);
  process.once('exit', killAtExit);
  try {
    const services = await startServices(async (soFar) => {
      started = soFar;
      await recordRun(soFar);
    });
    return await runTap(await withProgram(services.env), tapArgs);
  } finally {
    await stopServices(started);
    await forgetRun();
    process.removeListener('exit', killAtExit);
  }
}

async function runKeeping(tapArgs: string[]): Promise<number> {
  const services = await lockKeptServices(async () => {
    const kept = await findKeptServices();
    if (kept) return kept;
    await endKeptServices();
    return await startServices(keepServices);
  });
  return await runTap(await withProgram(services.env), tapArgs);
}

async function withProgram(env: Record<string, string>): Promise<Record<string, string>> {
  return { ...env, TEST_PROGRAM: await buildProgram(join(PROJECT_DIR, '.cache/test-program')) };
}

async function runTap(env: Record<string, string>, tapArgs: string[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'copydock-tap-'));
  try {
    const output = join(folder, 'output.tap');
    const exitCode = await spawnTap([`--output-file=${output}`, ...tapArgs], env);
    const tapOutput = await readFile(output, 'utf8').catch(() => '');
    const totals = readTotals(tapOutput);
    const fault = findFault(totals, exitCode);
    const slowest = findSlowest(tapOutput, SLOWEST_FILES);
    if (slowest.length === SLOWEST_FILES) console.log(`The slowest files:\n  ${slowest.join('\n  ')}`);
    if (fault !== null) console.error(`${findFailures(tapOutput)}\nThe run failed: ${fault}.`);
    process.once('exit', () => console.log(closingLine(totals, fault)));
    return fault === null ? 0 : exitCode || 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function spawnTap(args: string[], env: Record<string, string>): Promise<number> {
  interruption.signal.throwIfAborted();
  const tap = createRequire(import.meta.url)
    .resolve('tap/package.json')
    .replace('package.json', 'dist/esm/run.mjs');
  const child = spawn(process.execPath, [tap, ...args], {
    cwd: PROJECT_DIR,
    env: testEnvironment(env),
    stdio: 'inherit',
  });
  interruption.signal.addEventListener('abort', () => child.kill('SIGINT'));
  return await new Promise((resolveExit, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolveExit(code ?? 1));
  });
}

/**
 * Without the caller's own settings: a test must never meet a developer's real database, bucket or AWS account.
 */
function testEnvironment(services: Record<string, string>): NodeJS.ProcessEnv {
  const foreign =
    /^(AWS_(?!SDK_)|PG|COPYDOCK_|DATABASE_URL$|QUEUE_URL$|PYSPARK_|STAGING_BUCKET_|HOST$|PORT$|LOG_LEVEL$)/;
  const own = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return {
    ...Object.fromEntries(own),
    AWS_REGION: 'eu-west-2',
    AWS_ENDPOINT_URL_S3: services.TEST_S3_ENDPOINT,
    AWS_ACCESS_KEY_ID: services.TEST_S3_ACCESS_KEY,
    AWS_SECRET_ACCESS_KEY: services.TEST_S3_SECRET_KEY,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_CONFIG_FILE: '/dev/null',
    ...services,
  };
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`The run failed: ${error instanceof Error ? error.message : String(error)}`);
  console.log(closingLine(null, 'it did not get to the tests'));
  process.exitCode = 1;
}
