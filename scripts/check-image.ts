/**
 * npm run image:check: builds the Dockerfile without an engine or a registry of images, and runs what it made as a strict
 * cluster would: as its own user, without capabilities, on a read-only root file system. Needs root on Debian or Ubuntu.
 */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { muteSdkVersionWarning } from '../src/config.js';
import { findFreePort } from '../src/start/embedded/free-port.js';
import { ensureCommand } from '../test/services/install.js';
import { waitUntil } from '../test/services/processes.js';
import { ensureBaseImage } from './image/base-image.js';
import { buildImage } from './image/buildah.js';
import { CONFIG_FILE, Container, untilEnd } from './image/container.js';
import { lintDockerfile } from './image/hadolint.js';
import { API_KEY, ROWS, type Surroundings, startSurroundings } from './image/surroundings.js';

const PROJECT = join(import.meta.dirname, '..');
const IMAGE = 'localhost/copydock:check';
/** What Copydock adds to its base image; half of it is DuckDB, which reads Parquet. */
const MAX_ADDED_MB = 160;
const PATIENCE_MS = 120_000;
const HEADERS = { 'X-API-Key': API_KEY, 'Content-Type': 'application/json' };

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await work();
  console.log(`ok  ${what} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  return result;
}

async function build(): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new Error('Building and entering an image needs root: run this as root.');
  ensureCommand('buildah', 'buildah', 'buildah');
  ensureCommand('mmdebstrap', 'mmdebstrap', 'mmdebstrap');
  const dockerfile = await readFile(join(PROJECT, 'Dockerfile'), 'utf8');
  const bases = new Set([...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base = '']) => base));
  await timed('hadolint', async () => lintDockerfile(join(PROJECT, 'Dockerfile')));
  for (const base of bases) await timed(`base image ${base}`, () => ensureBaseImage(base));
  await timed('build', () => buildImage(PROJECT, IMAGE));
}

function checkContent(container: Container): void {
  const { User, Healthcheck } = container.settings;
  const megabytes = (folder: string) => Math.round(container.sizeBytes(folder) / 1024 ** 2);
  const added = megabytes('app');
  console.log(`    size ${megabytes('.')} MB, of which Copydock ${added} MB; user ${User}`);
  assert.match(User, /^[1-9]\d*$/, 'a user by number who is not root');
  assert.ok(added < MAX_ADDED_MB, `Copydock adds at most ${MAX_ADDED_MB} MB`);
  assert.equal(Healthcheck?.Test[0], 'CMD', 'a health check without a shell');
}

/** The health check as the engine runs it: in the container, with its variables. */
async function isHealthy(container: Container, env: Record<string, string>): Promise<boolean> {
  const [, ...command] = container.settings.Healthcheck?.Test ?? [];
  return (await untilEnd(container.spawn(env, command))).exitCode === 0;
}

async function checkConfined(container: Container, env: Record<string, string>): Promise<void> {
  const { output } = await untilEnd(
    container.spawn(env, [
      'sh',
      '-c',
      'id -u; grep CapBnd /proc/self/status; touch /app/x 2>&1; touch /tmp/x && echo tmp is writable; ls node_modules/typescript 2>&1',
    ]),
  );
  for (const wanted of [
    /^1000$/m,
    /CapBnd:\s0+$/m,
    /app\/x.*Read-only/,
    /^tmp is writable$/m,
    /typescript.*No such/,
  ]) {
    assert.match(output, wanted);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = untilEnd(child);
  child.kill('SIGTERM');
  const { exitCode, output } = await ended;
  assert.equal(exitCode, 0, `SIGTERM ends it in order: ${output}`);
}

async function load(url: string, { request, countRows }: Surroundings): Promise<void> {
  const accepted = await fetch(`${url}/v1/loads`, {
    method: 'POST',
    headers: HEADERS,
    body: JSON.stringify(request),
  });
  assert.equal(accepted.status, 202, await accepted.clone().text());
  const { status_url: statusUrl } = (await accepted.json()) as { status_url: string };
  let status = '';
  await waitUntil('the end of the load', PATIENCE_MS, async () => {
    const answer = await fetch(`${url}${statusUrl}?wait=10`, { headers: HEADERS });
    const body = (await answer.json()) as { status: string; done: boolean; error?: unknown };
    status = `${body.status} ${JSON.stringify(body.error ?? null)}`;
    return body.done;
  });
  assert.equal(status, 'succeeded null');
  assert.equal(await countRows(), ROWS);
}

async function tryService(container: Container, surroundings: Surroundings): Promise<void> {
  const [PORT, COPYDOCK_METRICS_PORT] = [String(await findFreePort()), String(await findFreePort())];
  const env = { ...surroundings.env, COPYDOCK_CONFIG: CONFIG_FILE };
  await timed('no more rights than wanted', () => checkConfined(container, env));
  await timed('migrate', async () => {
    const { exitCode, output } = await untilEnd(container.start(env, ['migrate']));
    assert.equal(exitCode, 0, output);
  });
  const api = { ...env, PORT };
  const service = container.start(api);
  service.stderr?.pipe(process.stderr);
  service.stdout?.resume();
  try {
    assert.equal(await isHealthy(container, { ...env, PORT: '1' }), false, 'nothing listens there');
    await timed('serve, healthy', () => waitUntil('health', PATIENCE_MS, () => isHealthy(container, api)));
    await timed('a Parquet object is loaded', () => load(`http://127.0.0.1:${PORT}`, surroundings));
    await timed('it stops', () => stop(service));
    const worker = { ...env, COPYDOCK_METRICS_PORT };
    const alone = container.start(worker, ['worker']);
    alone.stdout?.resume();
    await timed('worker alone, healthy', () =>
      waitUntil('health', PATIENCE_MS, () => isHealthy(container, worker)),
    );
    await timed('it stops', () => stop(alone));
  } finally {
    service.kill('SIGKILL');
  }
}

muteSdkVersionWarning();
await build();
const surroundings = await startSurroundings();
try {
  const container = new Container(IMAGE, surroundings.config);
  try {
    checkContent(container);
    await tryService(container, surroundings);
  } finally {
    container.remove();
  }
} finally {
  await surroundings.stop();
}
console.log('the image is as it should be');
