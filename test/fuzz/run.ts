/**
 * Loads random CSV and compares what arrives with what PostgreSQL's own COPY reads from the whole file, and, where it
 * accepts it too, with what an independent CSV reader reads:
 *
 *   npm run fuzz -- --cases 500 --seed 1
 *
 * Ends with 1 where a case differs; its seed plays it again alone: --cases 1 --seed N.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readOptions } from './options.js';

const PROJECT_DIR = resolve(import.meta.dirname, '../..');
const STARTING_SECONDS = 120;
const SECONDS_PER_CASE = 5;

async function main(args: string[]): Promise<number> {
  const { cases, seed } = readOptions(args);
  const folder = await mkdtemp(join(tmpdir(), 'copydock-fuzz-'));
  const report = join(folder, 'report');
  try {
    return await play({ FUZZ_CASES: String(cases), FUZZ_SEED: String(seed), FUZZ_REPORT: report }, cases);
  } finally {
    console.log(await readFile(report, 'utf8').catch(() => 'No case was played.'));
    await rm(folder, { recursive: true });
  }
}

async function play(variables: Record<string, string>, cases: number): Promise<number> {
  const program = [
    join(PROJECT_DIR, 'test/services/run.ts'),
    `--timeout=${STARTING_SECONDS + cases * SECONDS_PER_CASE}`,
  ];
  const child = spawn(process.execPath, ['--import', 'tsx', ...program, 'test/fuzz/differential.cells.ts'], {
    cwd: PROJECT_DIR,
    stdio: 'inherit',
    env: { ...process.env, ...variables },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

process.exitCode = await main(process.argv.slice(2));
