import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Check, Question } from './checks.js';

const run = promisify(execFile);

export const MODEL = resolve(import.meta.dirname, '../../docs/spec/load.pml');

export interface Verdict {
  /** The property that was violated, or null: the model passed. */
  violated: string | null;
  /** The execution that violates it, where one was found. */
  trail: string | null;
  states: number;
  /** Lines of the model that no execution reached. */
  unreached: number[];
}

/** Options of the C compiler and of the verifier that it makes. Depth and hash table fit the largest check. */
const HOW: Record<Question, { compile: string[]; verify: string[] }> = {
  states: { compile: ['-DSAFETY'], verify: ['-m1000000', '-w25'] },
  cycles: { compile: ['-DNP'], verify: ['-m1000000', '-w25', '-l'] },
};

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Makes a verifier of the model and runs it. */
export async function ask({ question, macros }: Check): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'copydock-model-'));
  const options = { cwd: folder, maxBuffer: MAX_OUTPUT_BYTES };
  const defines = macros.map((macro) => `-D${macro}`);
  try {
    await run('spin', [...defines, '-a', MODEL], options);
    const { compile, verify } = HOW[question];
    await run('cc', ['-O1', '-w', '-DCOLLAPSE', '-DNOFAIR', ...compile, '-o', 'pan', 'pan.c'], options);
    const { stdout } = await run('./pan', verify, options);
    const violated = readViolation(stdout);
    const trail = violated === null ? null : await readTrail(defines, options);
    return { violated, trail, states: readStates(stdout), unreached: readUnreached(stdout) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function readViolation(output: string): string | null {
  const assertion = /assertion violated (\w+)/.exec(output)?.[1];
  if (assertion !== undefined) return assertion;
  if (/pan:\d+: non-progress cycle/.test(output)) return 'every execution ends';
  if (/errors: 0\b/.test(output) && !/out of memory|max search depth too small/.test(output)) return null;
  throw new Error(`The verifier did not finish:\n${output}`);
}

function readStates(output: string): number {
  return Number(/(\d+) states, stored/.exec(output)?.[1]);
}

function readUnreached(output: string): number[] {
  return [...output.matchAll(/load\.pml:(\d+), state \d+, "(.*)"/g)]
    .filter(([, , statement]) => statement !== '-end-')
    .map(([, line]) => Number(line));
}

/** The steps of the violation, without those that only choose a way. */
async function readTrail(defines: string[], options: { cwd: string; maxBuffer: number }): Promise<string> {
  const { stdout } = await run('spin', [...defines, '-p', '-k', 'load.pml.trail', MODEL], options);
  const model = (await readFile(MODEL, 'utf8')).split('\n');
  return stdout
    .split('\n')
    .flatMap((line) => {
      if (line.includes('START OF CYCLE')) return ['from here on again and again:'];
      const step = /proc\s+(\d+) \((\w+):\d+\) .*?:(\d+) \(state \d+\)\s*\[(.*)\]/.exec(line);
      if (step === null || /^(else|\(1\)|goto|\.\(goto\)|assert)/.test(step[4] ?? '')) return [];
      return [`${step[2]} ${step[1]}, line ${step[3]}: ${model[Number(step[3]) - 1]?.trim()}`];
    })
    .join('\n');
}
