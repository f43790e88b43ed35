/**
 * Checks the model of docs/spec: as it is, where it must pass, and without each of its guards, where it must not.
 *
 *   npm run model                      the whole check, three to four minutes on two cores
 *   npm run model -- FENCE_TOKEN ...   without these guards only, and shows the execution that goes wrong
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { ensureCommand } from '../test/services/install.js';
import { GUARDS, type Guard, VARIANTS } from './model/checks.js';
import { ask, MODEL, type Verdict } from './model/spin.js';

/** A verifier takes up to 1.5 GB. */
const PARALLEL = Math.min(2, availableParallelism());

interface Row {
  title: string;
  isRight: boolean;
  result: string;
  states: number;
}

async function checkAsItIs(): Promise<Row[]> {
  const unreached: number[][] = [];
  const checks = VARIANTS.flatMap(({ name, macros }) => [
    async () => {
      const verdict = await ask({ question: 'states', macros });
      unreached.push(verdict.unreached);
      return passRow(`${name}: states`, verdict);
    },
    async () => passRow(`${name}: cycles`, await ask({ question: 'cycles', macros })),
  ]);
  const rows = await inParallel(checks);
  const never = (unreached[0] ?? []).filter((line) => unreached.every((lines) => lines.includes(line)));
  const result = never.length === 0 ? 'every step is taken' : `never taken: lines ${never.join(', ')}`;
  return [...rows, { title: 'all: reach', isRight: never.length === 0, result, states: 0 }];
}

function passRow(title: string, { violated, trail, states }: Verdict): Row {
  if (trail !== null) console.log(`\n${title}: ${violated}\n${trail}\n`);
  return { title, isRight: violated === null, result: violated ?? 'passes', states };
}

async function checkWithout({ name, question = 'states', macros = [] }: Guard): Promise<Row & Verdict> {
  const verdict = await ask({ question, macros: [...macros, `WITHOUT_${name}`] });
  const result = verdict.violated ?? 'NOT CAUGHT';
  return { ...verdict, title: `without ${name}`, isRight: verdict.violated !== null, result };
}

async function inParallel<T>(tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const waiting = tasks.entries();
  const work = async () => {
    for (const [index, task] of waiting) results[index] = await task();
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return results;
}

/** A guard of the model that is not listed would be one whose removal nobody tries. */
async function refuseUnlisted(): Promise<void> {
  const model = await readFile(MODEL, 'utf8');
  const inModel = [...new Set([...model.matchAll(/#if\w+ WITHOUT_(\w+)/g)].map(([, name]) => name))].sort();
  const listed = GUARDS.map(({ name }) => name).sort();
  if (inModel.join() !== listed.join()) {
    throw new Error(
      `The guards of load.pml (${inModel}) are not those of scripts/model/checks.ts (${listed}).`,
    );
  }
}

function print(rows: readonly Row[]): void {
  for (const { title, isRight, result, states } of rows) {
    const count = states === 0 ? '' : `${states.toLocaleString('en')} states`;
    console.log(
      `${isRight ? 'ok  ' : 'FAIL'} ${title.padEnd(40)} ${result.padEnd(32)} ${count.padStart(20)}`,
    );
  }
}

async function main(names: readonly string[]): Promise<void> {
  ensureCommand('spin', 'spin', 'The model checker Spin (the command spin)');
  ensureCommand('cc', 'gcc', 'A C compiler (the command cc)');
  ensureCommand('cpp', 'cpp', 'The C preprocessor (the command cpp)');
  await refuseUnlisted();
  const unknown = names.find((name) => !GUARDS.some((guard) => guard.name === name));
  if (unknown !== undefined) throw new Error(`There is no guard ${unknown}.`);
  const guards = GUARDS.filter(({ name }) => names.length === 0 || names.includes(name));
  const asItIs = names.length === 0 ? await checkAsItIs() : [];
  const without = await inParallel(guards.map((guard) => () => checkWithout(guard)));
  if (names.length > 0) for (const { title, trail } of without) console.log(`${title}:\n${trail}\n`);
  print([...asItIs, ...without]);
  if ([...asItIs, ...without].some(({ isRight }) => !isRight)) process.exitCode = 1;
}

await main(process.argv.slice(2));
