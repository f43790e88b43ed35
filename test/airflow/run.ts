/**
 * Runs the DAGs in real Airflow, both lines, against real processes of Copydock, and prints what came of it.
 *
 *   npm run test:airflow                      everything
 *   npm run test:airflow -- --line 2          one line of Airflow
 *   npm run test:airflow -- --only restart    scenarios whose name holds the word
 *   npm run test:airflow -- --table FILE      writes the tables there, too
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { withServices } from '../services/with-services.js';
import { startAirflow } from './airflow-line.js';
import { type Copydock, startCopydock } from './copydock.js';
import { startCountingProxy } from './counting-proxy.js';
import { formatGateLoad, type GateLoad, loadGates } from './gate-load.js';
import { LINES, type LineName } from './install.js';
import { formatTable, measure } from './measure.js';
import { checkParsing, formatParsing, type ParseRow } from './parse-check.js';
import type { Row, Scenario, World } from './scenario.js';
import { SCENARIOS } from './scenarios/index.js';
import { makeBuckets, STAGING_BUCKET, setVariables } from './world.js';

const { values: options } = parseArgs({
  options: {
    line: { type: 'string' },
    only: { type: 'string' },
    keep: { type: 'boolean' },
    table: { type: 'string' },
  },
});

const TABLE_HEAD = `# Airflow's runs

Written by \`npm run test:airflow -- --table docs/airflow-runs.md\`. "expected" and "actual" are final states of the DAG
run. "sensor requests" are those that reached Copydock or, while it was down, nobody; the last two tables are the
parsing of the DAG folder, and 500 simulated sensors beside loads in progress.`;

interface Played {
  rows: Row[];
  parsing: ParseRow[];
  gates: GateLoad[];
}

async function main(): Promise<number> {
  const lines = LINES.filter((line) => options.line === undefined || options.line === line);
  const scenarios = SCENARIOS.filter(({ name }) => options.only === undefined || name.includes(options.only));
  if (lines.length === 0) throw new Error(`--line is ${LINES.join(' or ')}`);
  return await withServices(
    { folderPrefix: 'copydock-airflow-', keepsFolder: options.keep },
    async (folder) => {
      await makeBuckets();
      const copydock = await startCopydock(folder);
      const played: Played = { rows: [], parsing: [], gates: [] };
      for (const line of lines) await playLine(line, folder, copydock, scenarios, played);
      if (options.only === undefined || 'gate'.includes(options.only))
        played.gates.push(await loadGates(copydock));
      await copydock.stop();
      return await report(played);
    },
  );
}

async function playLine(
  line: LineName,
  folder: string,
  copydock: Copydock,
  scenarios: Scenario[],
  played: Played,
): Promise<void> {
  const proxy = await startCountingProxy(() => copydock.url);
  try {
    const parsing = await checkParsing(line, folder, proxy);
    played.parsing.push(parsing);
    if (scenarios.length === 0) return;
    const started = performance.now();
    const airflow = await startAirflow(line, folder, proxy.url);
    console.log(`Airflow ${line} is up after ${seconds(started)} s`);
    const world: World = { copydock, airflow, proxy };
    try {
      const errors = await airflow.ask<{ file: string; error: string }[]>({ do: 'import_errors' });
      parsing.faults.push(...errors.map(({ file, error }) => `${file}: ${error}`));
      await setVariables(world, { env: 'development', s3_pyspark_jobs_codepackage: STAGING_BUCKET });
      for (const scenario of scenarios) played.rows.push(...(await playScenario(world, scenario)));
    } finally {
      await airflow.stop();
    }
  } finally {
    await proxy.close();
  }
}

async function playScenario(world: World, { name, play }: Scenario): Promise<Row[]> {
  const started = performance.now();
  const rows: Row[] = [];
  try {
    for (const outcome of await play(world)) rows.push(await measure(world, name, outcome));
  } catch (error) {
    rows.push(brokenOff(world, name, error));
  }
  const faults = rows.flatMap((row) => row.faults.map((fault) => `    ${row.scenario}: ${fault}\n`));
  console.log(`Airflow ${world.airflow.name}, ${name}: ${seconds(started)} s`);
  process.stdout.write(faults.join(''));
  return rows;
}

function brokenOff({ airflow }: World, scenario: string, error: unknown): Row {
  return {
    scenario,
    line: airflow.name,
    expected: '',
    actual: '',
    loads: 0,
    sensorRequests: 0,
    mostInASecond: 0,
    cause: '',
    faults: [`it broke off: ${error instanceof Error ? error.message : String(error)}`],
  };
}

async function report({ rows, parsing, gates }: Played): Promise<number> {
  const tables = [
    ...(rows.length > 0 ? [formatTable(rows)] : []),
    ...(parsing.length > 0 ? [formatParsing(parsing)] : []),
    ...gates.map(formatGateLoad),
  ].join('\n\n');
  if (options.table !== undefined) await writeFile(options.table, `${TABLE_HEAD}\n\n${tables}\n`);
  const all = [...rows, ...parsing, ...gates];
  const failed = all.filter(({ faults }) => faults.length > 0).length;
  console.log(`\n${tables}\n\n${all.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1_000).toFixed(0);
}

process.exitCode = await main();
