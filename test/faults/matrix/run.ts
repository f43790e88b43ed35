/**
 * Plays the matrix of faults on real processes and servers, measures recovery, and prints the table of what came of it.
 *
 *   npm run test:faults                    everything
 *   npm run test:faults -- --table         and writes docs/fault-matrix.md
 *   npm run test:faults -- kill disk       only these files of test/faults/matrix (without .cells.ts)
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { formatReport } from './format-report.js';
import { readResults } from './results.js';

const PROJECT_DIR = join(import.meta.dirname, '../../..');
const DOCUMENT = join(PROJECT_DIR, 'docs/fault-matrix.md');
const SUFFIX = '.cells.ts';
/** Cells wait more than they work: for leases to run out, servers to start, back-offs to pass. */
const FILES_AT_ONCE = 5;
const FILE_TIMEOUT_S = 3_600;

const { values: options, positionals } = parseArgs({
  options: { table: { type: 'boolean', default: false } },
  allowPositionals: true,
});

async function main(): Promise<number> {
  const all = await listFiles();
  const unknown = positionals.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Error(`there is no ${unknown}${SUFFIX}; there are: ${all.join(', ')}`);
  const chosen = positionals.length === 0 ? all : positionals;
  const isWhole = chosen.length === all.length;
  if (options.table && !isWhole) throw new Error('--table is written of the whole matrix only');
  const folder = await mkdtemp(join(tmpdir(), 'copydock-matrix-'));
  try {
    const resultsFile = join(folder, 'results.jsonl');
    const startedAt = performance.now();
    const exitCode = await runTests(chosen, resultsFile);
    const seconds = (performance.now() - startedAt) / 1000;
    const report = formatReport(await readResults(resultsFile), { isWhole, seconds });
    console.log(`\n${report}`);
    if (options.table && exitCode === 0) await writeFile(DOCUMENT, report);
    return exitCode;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function listFiles(): Promise<string[]> {
  return (await readdir(import.meta.dirname))
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => name.slice(0, -SUFFIX.length))
    .sort();
}

async function runTests(names: readonly string[], resultsFile: string): Promise<number> {
  const files = names.map((name) => relative(PROJECT_DIR, join(import.meta.dirname, name + SUFFIX)));
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      'test/services/run.ts',
      `--jobs=${FILES_AT_ONCE}`,
      `--timeout=${FILE_TIMEOUT_S}`,
      ...files,
    ],
    {
      cwd: PROJECT_DIR,
      stdio: 'inherit',
      env: { ...process.env, FAULTS_RESULTS: resultsFile },
    },
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
