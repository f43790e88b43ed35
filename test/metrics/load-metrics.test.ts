import { Registry } from 'prom-client';
import t from 'tap';
import type { Receipt } from '../../src/loads/load.js';
import { type EndedLoad, LoadMetrics } from '../../src/metrics/load-metrics.js';

const receipt: Receipt = {
  target: 'public.tree',
  read: 12,
  loaded: 9,
  rejected: 1,
  deduplicated: 0,
  filtered: 2,
  inserted: 4,
  updated: 3,
  unchanged: 2,
  deleted: 5,
  source_objects: 1,
  source_bytes: 1_234,
  parts: 1,
  seconds: { queued: 0.1, staging: 1, copying: 2, committing: 3, total: 6.1 },
};
const ended: EndedLoad = {
  env: 'production',
  dataSet: 'tree',
  loadType: 'full',
  status: 'succeeded',
  code: null,
  receipt,
  seconds: 6.1,
};

async function readValue(registry: Registry, name: string, labels: object): Promise<number | undefined> {
  const metric = (await registry.getMetricsAsJSON()).find((one) => one.name === name);
  const values = (metric?.values ?? []) as { labels: object; value: number }[];
  return values.find((one) => JSON.stringify(one.labels) === JSON.stringify(labels))?.value;
}

t.test('a succeeded load counts its rows by fate, its bytes and its phases', async (t) => {
  const registry = new Registry();
  const metrics = new LoadMetrics(registry);
  metrics.countEnded(ended);
  metrics.countEnded(ended);
  const place = { env: 'production', data_set: 'tree' };
  for (const [fate, rows] of Object.entries({
    inserted: 8,
    updated: 6,
    unchanged: 4,
    deleted: 10,
    filtered: 4,
  })) {
    t.equal(await readValue(registry, 'copydock_rows_total', { ...place, fate }), rows, fate);
  }
  t.equal(await readValue(registry, 'copydock_source_bytes_total', place), 2_468);
  t.match(
    await registry.metrics(),
    /copydock_load_phase_seconds_sum\{env="production",phase="committing"\} 6/,
  );
});

t.test('a failed load counts under the code of its error', async (t) => {
  const registry = new Registry();
  const metrics = new LoadMetrics(registry);
  metrics.countEnded({ ...ended, status: 'failed', code: 'bad_value', receipt: null });
  t.equal(
    await readValue(registry, 'copydock_loads_ended_total', {
      env: 'production',
      data_set: 'tree',
      load_type: 'full',
      status: 'failed',
      code: 'bad_value',
    }),
    1,
  );
});

t.test('data sets beyond the two hundredth are counted together', async (t) => {
  const registry = new Registry();
  const metrics = new LoadMetrics(registry);
  for (let index = 0; index < 250; index += 1) metrics.countEnded({ ...ended, dataSet: `set-${index}` });
  const text = await registry.metrics();
  t.match(text, /copydock_source_bytes_total\{env="production",data_set="other"\} 61700/);
  t.notMatch(text, /data_set="set-200"/);
});
