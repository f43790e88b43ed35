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
import { killNow, type Services, stopServices } from './processes.js';
import {
  endAbandonedRuns,
  endKeptServices,
  findKeptServices,
  forgetRun,
  keepServices,
  recordRun,
} from './registry.js';
import { startServices } from './start.js';
import { closingLine, findFault, readTotals } from './totals.js';

const PROJECT_DIR = resolve(import.meta.dirname, '../..');

async function main(args: string[]): Promise<number> {
  await endAbandonedRuns();
  if (args.includes('--stop')) {
    console.log((await endKeptServices()) ? 'Stopped the services.' : 'No services were kept.');
    return 0;
  }
  const tapArgs = args.filter((arg) => arg !== '--keep');
  return args.includes('--keep') ? await runKeeping(tapArgs) : await runOnce(tapArgs);
}

async function runOnce(tapArgs: string[]): Promise<number> {
  let started: Services = { env: {}, processIds: [], folders: [] };
  const killAtExit = () => killNow(started);
  process.once('exit', killAtExit);
  try {
    const services = await startServices(async (soFar) => {
      started = soFar;
      await recordRun(soFar);
    });
    return await runTap(services.env, tapArgs);
  } finally {
    await stopServices(started);
    await forgetRun();
    process.removeListener('exit', killAtExit);
  }
}

async function runKeeping(tapArgs: string[]): Promise<number> {
  let services = await findKeptServices();
  if (!services) {
    await endKeptServices();
    services = await startServices(keepServices);
  }
  return await runTap(services.env, tapArgs);
}

async function runTap(env: Record<string, string>, tapArgs: string[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'copydock-tap-'));
  try {
    const output = join(folder, 'output.tap');
    const exitCode = await spawnTap([`--output-file=${output}`, ...tapArgs], env);
    const totals = readTotals(await readFile(output, 'utf8').catch(() => ''));
    const fault = findFault(totals, exitCode);
    if (fault !== null) console.error(`The run failed: ${fault}.`);
    process.once('exit', () => console.log(closingLine(totals, fault)));
    return fault === null ? 0 : exitCode || 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A signal to this process ends tap, whose own process group gets a Ctrl-C anyway; the services are stopped after. */
async function spawnTap(args: string[], env: Record<string, string>): Promise<number> {
  const tap = createRequire(import.meta.url)
    .resolve('tap/package.json')
    .replace('package.json', 'dist/esm/run.mjs');
  const child = spawn(process.execPath, [tap, ...args], {
    cwd: PROJECT_DIR,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => child.kill(name));
  return await new Promise((resolveExit, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolveExit(code ?? 1));
  });
}

process.exitCode = await main(process.argv.slice(2));
