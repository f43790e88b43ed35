import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type BenchOptions, readOptions, USAGE } from './options.js';
import { summarizeProfiles } from './profile.js';
import { formatResults } from './report.js';
import type { Result } from './result.js';
import { SCENARIOS } from './scenarios/index.js';
import { openWorld } from './world.js';

const PROJECT_FOLDER = resolve(import.meta.dirname, '..');

async function main(args: string[]): Promise<void> {
  const options = readOptions(args, PROJECT_FOLDER);
  if (options === 'help') {
    console.log(
      `${USAGE}\nScenarios:\n${SCENARIOS.map(({ name, title }) => `  ${name.padEnd(18)}${title}`).join('\n')}`,
    );
    return;
  }
  const scenarios = findScenarios(options.scenarios);
  if (options.programFolder === PROJECT_FOLDER) {
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: PROJECT_FOLDER, stdio: 'inherit' });
  }
  if (options.profileFolder !== null) await mkdir(options.profileFolder, { recursive: true });
  const results = await runScenarios(options, scenarios);
  console.log(`\n${formatResults(results)}`);
  if (options.jsonFile !== null) await writeFile(options.jsonFile, `${JSON.stringify(results, null, 2)}\n`);
  if (options.profileFolder !== null) console.log(`\n${await summarizeProfiles(options.profileFolder)}`);
}

function findScenarios(names: readonly string[]) {
  const unknown = names.find((name) => SCENARIOS.every((scenario) => scenario.name !== name));
  if (unknown !== undefined) {
    const known = SCENARIOS.map(({ name }) => name).join(', ');
    throw new TypeError(`--scenario ${unknown} is not known; known are ${known}`);
  }
  return names.length === 0 ? SCENARIOS : SCENARIOS.filter(({ name }) => names.includes(name));
}

async function runScenarios(options: BenchOptions, scenarios: typeof SCENARIOS): Promise<Result[]> {
  const world = await openWorld(options);
  const stopAtSignal = () => {
    world.stop().finally(() => process.exit(130));
  };
  process.once('SIGINT', stopAtSignal).once('SIGTERM', stopAtSignal);
  const results: Result[] = [];
  try {
    for (const scenario of scenarios) {
      console.log(`${scenario.name}: ${scenario.title}\n  aim: ${scenario.aim}`);
      const found = await scenario.run(world);
      results.push(...found);
      for (const { strategy, seconds, ratio, note } of found) {
        console.log(
          `  ${strategy} ${seconds?.toFixed(3) ?? '-'} s, ratio ${ratio?.toFixed(2) ?? '-'}; ${note}`,
        );
      }
    }
    return results;
  } finally {
    await world.stop();
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof TypeError ? `${error.message}\n\n${USAGE}` : error);
  process.exitCode = 1;
}
