import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import t from 'tap';

const PROJECT_DIR = resolve(import.meta.dirname, '..');

interface Step {
  step: string;
  file: string;
  fn: string;
}

/** What the model does to the code, so that no function stands for it. */
const DONE_TO_CODE = ['abort_backend', 'crash_target', 'lease_runs_out'];

async function readProjectFile(path: string): Promise<string> {
  return readFile(join(PROJECT_DIR, path), 'utf8');
}

async function readSources(): Promise<{ file: string; source: string }[]> {
  const files = await readdir(join(PROJECT_DIR, 'src'), { recursive: true });
  return Promise.all(
    files
      .filter((file) => file.endsWith('.ts'))
      .map(async (file) => ({ file, source: await readProjectFile(join('src', file)) })),
  );
}

/** From the comments `model: step, step`, each above the function that takes the steps. */
async function readStepsOfCode(): Promise<Step[]> {
  return (await readSources()).flatMap(({ file, source }) =>
    [...source.matchAll(/\/\/ model: ([\w, ]+)\n.*?(?:function |async )(#?\w+)[(<]/g)].flatMap(
      ([, steps = '', fn = '']) => steps.split(', ').map((step) => ({ step, file, fn })),
    ),
  );
}

async function readStepsOfTable(): Promise<Step[]> {
  const page = await readProjectFile('docs/spec/README.md');
  return [...page.matchAll(/^\| `(\w+)` \| [^|]+ \| `([^`]+\.ts)` \| `(#?\w+)` \|$/gm)].map(
    ([, step = '', file = '', fn = '']) => ({ step, file, fn }),
  );
}

const format = (steps: Step[]) => steps.map(({ step, file, fn }) => `${step}: ${fn} of ${file}`).sort();

t.test('the table of the model and the code name the same steps and functions', async (t) => {
  const ofCode = format(await readStepsOfCode());
  t.ok(ofCode.length > 30);
  t.strictSame(format(await readStepsOfTable()), ofCode);
});

t.test('every comment names its function', async (t) => {
  const names = (await readSources()).flatMap(({ source }) =>
    [...source.matchAll(/\/\/ model: (.+)/g)].flatMap(([, steps = '']) => steps.split(', ')),
  );
  t.strictSame(names.sort(), (await readStepsOfCode()).map(({ step }) => step).sort());
});

t.test('the code has every step of the model, and the model every step that the code names', async (t) => {
  const model = await readProjectFile('docs/spec/load.pml');
  const namesBy = (pattern: RegExp) => [...model.matchAll(pattern)].map(([, name = '']) => name);
  const steps = [...namesBy(/^(?!end_)(\w+):$/gm), ...namesBy(/^inline (\w+)/gm)];
  const macros = namesBy(/^#define (\w+)/gm);
  const named = new Set((await readStepsOfCode()).map(({ step }) => step));
  t.strictSame([...new Set(steps)].filter((step) => !named.has(step)).sort(), DONE_TO_CODE);
  t.strictSame(
    [...named].filter((step) => !steps.includes(step) && !macros.includes(step)),
    [],
  );
});
