import { type Copydock, startCopydock } from '../copydock.js';
import { makeTargetState } from '../databases.js';
import { HttpConnection } from '../http-client.js';
import { peakMemoryMiB } from '../process-figures.js';
import { makeResult } from '../result.js';
import type { Scenario } from '../scenario.js';
import { makeSource } from '../source.js';
import { quantile } from '../statistics.js';
import { createTable } from '../tables.js';
import type { World } from '../world.js';
import { queuedRequest } from './waiting-loads.js';

const PER_SECOND = 100;

export const posts: Scenario = {
  name: 'posts',
  title: 'POST /v1/loads, 100 a second, while a worker carries big loads',
  aim: 'no error; p99 reported',
  run: async (world) => {
    const state = await makeTargetState(world, 'posts', (url) => createTable(url, 'entity'));
    await state.restore();
    const { rows, files, seconds } = world.options;
    const source = await makeSource(world, {
      name: 'posts',
      dataSet: 'bench-a',
      firstEntity: 1,
      rows,
      files,
      versionOf: () => 1,
      isLocal: false,
    });
    const copydock = await startCopydock(world);
    try {
      const big = keepLoading(copydock, source.path, seconds * 1_000);
      const { latencies, refused } = await postSteadily(world, copydock, seconds);
      const loads = await big;
      const inMs = (share: number) => `${(1_000 * quantile(latencies, share)).toFixed(0)} ms`;
      return [
        makeResult({
          scenario: 'posts',
          strategy: '',
          rows: latencies.length,
          seconds: quantile(latencies, 0.5),
          rss_mib: peakMemoryMiB(copydock.apiPid),
          note: `p50 ${inMs(0.5)}, p99 ${inMs(0.99)}, ${describe(refused)}; ${loads} big loads meanwhile`,
        }),
      ];
    } finally {
      await copydock.stop();
    }
  },
};

/** How many errors, and with which statuses. */
function describe(refused: ReadonlyMap<number, number>): string {
  const counts = [...refused].map(([status, count]) => `${count} of ${status}`);
  return counts.length === 0 ? '0 errors' : `errors: ${counts.join(', ')}`;
}

/** One big full load after another; answers how many. */
async function keepLoading(copydock: Copydock, path: string, durationMs: number): Promise<number> {
  const endAt = performance.now() + durationMs;
  let loads = 0;
  while (performance.now() < endAt) {
    const { body } = await copydock.post({ load_type: 'full', data_set: 'bench-a', table: 'entity', path });
    const load = await copydock.waitUntilEnded(String(body.id));
    if (load.status !== 'succeeded') throw new Error(`a load failed: ${JSON.stringify(load.error)}`);
    loads += 1;
  }
  return loads;
}

/** A new POST every 10 ms, whether or not the earlier ones are answered; seconds from when it was due. */
async function postSteadily(
  world: World,
  { url }: Copydock,
  seconds: number,
): Promise<{ latencies: number[]; refused: Map<number, number> }> {
  const free: HttpConnection[] = [];
  const latencies: number[] = [];
  const refused = new Map<number, number>();
  const post = async (number: number, dueAt: number) => {
    const connection = free.pop() ?? (await HttpConnection.open(url));
    const { status } = await connection.post('/v1/loads', JSON.stringify(queuedRequest(world, number)));
    latencies.push((performance.now() - dueAt) / 1_000);
    if (status !== 202) refused.set(status, (refused.get(status) ?? 0) + 1);
    free.push(connection);
  };
  const start = performance.now();
  const sent: Promise<void>[] = [];
  for (let number = 0; number < seconds * PER_SECOND; number += 1) {
    const dueAt = start + (number * 1_000) / PER_SECOND;
    const delayMs = dueAt - performance.now();
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    sent.push(post(number, dueAt));
  }
  await Promise.all(sent);
  for (const connection of free) connection.close();
  return { latencies, refused };
}
