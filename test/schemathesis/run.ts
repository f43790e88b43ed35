/**
 * Sends what openapi.yaml allows, and what it forbids, to a real API with a real worker behind it, and checks every answer
 * against that document with Schemathesis.
 *
 *   npm run test:schemathesis                          as CI does it
 *   npm run test:schemathesis -- --cases 200 --seed 7  at most so many cases per operation and phase
 */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Copydock, startCopydock } from '../airflow/copydock.js';
import { makeBuckets } from '../airflow/world.js';
import { ensurePythonEnvironment } from '../services/python-environment.js';
import { putTestObject } from '../services/s3.js';
import { withServices } from '../services/with-services.js';

const { values: options } = parseArgs({
  options: {
    cases: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
  },
});

const CHANGE_EVERY_MS = 300;
const KEY = randomBytes(16).toString('hex');

async function main(): Promise<number> {
  const bin = await ensurePythonEnvironment('schemathesis', join(import.meta.dirname, 'requirements.txt'));
  return await withServices({ folderPrefix: 'copydock-schemathesis-' }, async (folder) => {
    const copydock = await startCopydock(folder, config());
    await makeExampleSource(copydock);
    const over = new AbortController();
    const changing = keepChanging(copydock.url, over.signal);
    const code = await check(join(bin, 'schemathesis'), copydock.url, folder);
    over.abort();
    await changing;
    await copydock.stop();
    return code;
  });
}

function config(): string {
  const sha256 = createHash('sha256').update(KEY).digest('hex');
  return `environments: { development: {} }
api_keys: [{ name: schemathesis, sha256: ${sha256}, access: write }]
`;
}

/** What the examples of openapi.yaml load. */
async function makeExampleSource(copydock: Copydock): Promise<void> {
  await makeBuckets();
  await putTestObject('development-collection-data', 'transport-access-node/1.csv', 'reference,name\na,b\n');
  for (const table of ['entity', 'transport_access_node']) {
    await copydock.sql(`CREATE TABLE ${table} (reference text PRIMARY KEY, name text)`);
  }
}

/**
 * So that who waits for something to change, or follows all loads, need not wait long: one load fails and is tried again all the
 * while, and no pause lasts.
 */
async function keepChanging(url: URL, over: AbortSignal): Promise<void> {
  const send = async (method: string, path: string, body?: object) => {
    const init = { method, headers: { 'X-API-Key': KEY }, ...(body ? { body: JSON.stringify(body) } : {}) };
    await (await fetch(new URL(path, url), init)).text();
  };
  const path = 's3://development-collection-data/nothing/';
  const load = { load_type: 'full', data_set: 'entity', path, env: 'development' };
  while (!over.aborted) {
    await send('PUT', '/v1/loads/changes-all-the-while', load);
    await send('POST', '/v1/environments/development/resume');
    await delay(CHANGE_EVERY_MS);
  }
}

async function check(schemathesis: string, url: URL, cwd: string): Promise<number> {
  const args = [
    ...['--config-file', join(import.meta.dirname, 'schemathesis.toml')],
    ...['run', new URL('/openapi.json', url).href],
    ...['--max-examples', options.cases, '--seed', options.seed],
  ];
  const child = spawn(schemathesis, args, {
    cwd,
    env: { ...process.env, SCHEMATHESIS_KEY: KEY, NO_PROXY: '127.0.0.1' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  process.once('exit', () => child.kill());
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

process.exitCode = await main();
