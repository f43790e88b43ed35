import { type Copydock, startCopydock } from '../copydock.js';
import { controlUrl, makeTargetState, withDatabase } from '../databases.js';
import { HttpConnection } from '../http-client.js';
import { cpuSeconds, cpuSecondsOfFamily, peakMemoryMiB } from '../process-figures.js';
import { makeResult } from '../result.js';
import type { Scenario } from '../scenario.js';
import { median, quantile } from '../statistics.js';
import { createTable } from '../tables.js';
import { acceptLoads } from './waiting-loads.js';

const CONNECTIONS = 64;
const LOADS = 200;
/** Loads of the past in the control database. */
const HISTORY = 100_000;
const WARM_UP_MS = 3_000;

export const polls: Scenario = {
  name: 'polls',
  title: 'gate polls by 64 clients, one API process, 100,000 loads in its history',
  aim: 'at least 4,000 a second',
  run: async (world) => {
    await (await makeTargetState(world, 'polls', (url) => createTable(url, 'entity'))).restore();
    const copydock = await startCopydock(world, { hasWorker: false });
    try {
      const ids = await acceptLoads(world, copydock, LOADS);
      await addHistory(controlUrl(world), ids[0] ?? '');
      await poll(copydock, ids, WARM_UP_MS);
      const readCpu = () => [
        cpuSeconds(copydock.apiPid),
        cpuSecondsOfFamily(world.postmasterPid),
        cpuSeconds(process.pid),
      ];
      const cpuBefore = readCpu();
      const { latencies, errors } = await poll(copydock, ids, world.options.seconds * 1_000);
      const { seconds } = world.options;
      const [api, server, client] = readCpu().map((cpu, at) => {
        const share = (cpu - (cpuBefore[at] ?? 0)) / seconds;
        return `${(100 * share).toFixed(0)}%`;
      });
      const inMs = (share: number) => `${quantile(latencies, share).toFixed(1)} ms`;
      return [
        makeResult({
          scenario: 'polls',
          strategy: '',
          rows: latencies.length,
          seconds: median(latencies) / 1_000,
          rss_mib: peakMemoryMiB(copydock.apiPid),
          note: `${(latencies.length / seconds).toFixed(0)} a second, p50 ${inMs(0.5)}, p99 ${inMs(0.99)}, ${errors} errors; of a core ${api} API, ${server} PostgreSQL, ${client} client`,
        }),
      ];
    } finally {
      await copydock.stop();
    }
  },
};

/** Copies of one load, finished. */
async function addHistory(url: string, id: string): Promise<void> {
  await withDatabase(url, async (client) => {
    await client.query('CREATE TEMPORARY TABLE history AS SELECT * FROM copydock.loads WHERE id = $1', [id]);
    await client.query(
      `UPDATE history SET status = 'succeeded', finished_at = now(), idempotency_key = NULL`,
    );
    const { rows } = await client.query<{ columns: string }>(
      `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns FROM pg_attribute
        WHERE attrelid = 'copydock.loads'::regclass AND attnum > 0 AND NOT attisdropped
          AND attname NOT IN ('id', 'load_order')`,
    );
    const columns = rows[0]?.columns;
    await client.query(
      `INSERT INTO copydock.loads (id, load_order, ${columns})
       SELECT 'past-' || n, nextval('copydock.load_order_seq'), ${columns}
         FROM history, generate_series(1, ${HISTORY}) n`,
    );
    await client.query('ANALYZE copydock.loads');
  });
}

async function poll(
  { url }: Copydock,
  ids: readonly string[],
  durationMs: number,
): Promise<{ latencies: number[]; errors: number }> {
  const latencies: number[] = [];
  let errors = 0;
  const endAt = performance.now() + durationMs;
  const client = async (first: number) => {
    const connection = await HttpConnection.open(url);
    for (let turn = first; performance.now() < endAt; turn += 1) {
      const start = performance.now();
      const { status } = await connection.get(`/v1/loads/${ids[turn % ids.length]}/gate`);
      latencies.push(performance.now() - start);
      if (status !== 404) errors += 1;
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => client(index)));
  return { latencies, errors };
}
