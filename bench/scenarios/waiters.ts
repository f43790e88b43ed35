import { startCopydock } from '../copydock.js';
import { makeTargetState } from '../databases.js';
import { HttpConnection } from '../http-client.js';
import { peakMemoryMiB, resetPeakMemory } from '../process-figures.js';
import { makeResult } from '../result.js';
import type { Scenario } from '../scenario.js';
import { median, quantile } from '../statistics.js';
import { createTable } from '../tables.js';
import { acceptLoads } from './waiting-loads.js';

const CLIENTS = 2_000;
const LOADS = 200;
const WAIT_S = 30;
const CANCEL_AFTER_MS = 10_000;

export const waiters: Scenario = {
  name: 'waiters',
  title: '2,000 clients in ?wait=30 on 200 loads, of which half are cancelled after 10 s',
  aim: 'no error; RSS of the API reported',
  run: async (world) => {
    await (await makeTargetState(world, 'waiters', (url) => createTable(url, 'entity'))).restore();
    const copydock = await startCopydock(world, { hasWorker: false });
    try {
      const ids = await acceptLoads(world, copydock, LOADS);
      const cancelledAt = new Map<string, number>();
      resetPeakMemory(copydock.apiPid);
      let errors = 0;
      const wakeLatencies: number[] = [];
      const wait = async (id: string) => {
        const connection = await HttpConnection.open(copydock.url);
        const { status, body } = await connection.get(`/v1/loads/${id}?wait=${WAIT_S}`);
        const cancelled = cancelledAt.get(id);
        const expected = cancelled === undefined ? 'queued' : 'cancelled';
        if (status !== 200 || JSON.parse(body).status !== expected) errors += 1;
        else if (cancelled !== undefined) wakeLatencies.push(performance.now() - cancelled);
        connection.close();
      };
      const waiting = Array.from({ length: CLIENTS }, (_, index) => wait(ids[index % LOADS] ?? ''));
      await new Promise((resolve) => setTimeout(resolve, CANCEL_AFTER_MS));
      for (const id of ids.filter((_, index) => index % 2 === 0)) {
        cancelledAt.set(id, performance.now());
        await fetch(`${copydock.url}/v1/loads/${id}/cancel`, { method: 'POST' });
      }
      await Promise.all(waiting);
      return [
        makeResult({
          scenario: 'waiters',
          strategy: '',
          rows: CLIENTS,
          seconds: median(wakeLatencies) / 1_000,
          rss_mib: peakMemoryMiB(copydock.apiPid),
          note: `${errors} errors; the answer came p50 ${median(wakeLatencies).toFixed(0)} ms, p99 ${quantile(wakeLatencies, 0.99).toFixed(0)} ms after the cancel was sent`,
        }),
      ];
    } finally {
      await copydock.stop();
    }
  },
};
