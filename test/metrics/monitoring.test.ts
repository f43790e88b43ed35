import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { ApiMetrics } from '../../src/metrics/api-metrics.js';
import { LoadMetrics } from '../../src/metrics/load-metrics.js';
import { measureBuffers } from '../../src/metrics/pool-metrics.js';
import { ProcessMetrics } from '../../src/metrics/process-metrics.js';

const FOLDER = join(import.meta.dirname, '../../monitoring');

/** Every series of a process that serves the API and works on loads, histograms with their parts. */
async function knownSeries(): Promise<Set<string>> {
  const process = new ProcessMetrics();
  new ApiMetrics(process, () => Promise.reject(new Error('there is no fleet')));
  new LoadMetrics(process.registry);
  measureBuffers(process.registry, () => ({ lentBytes: 0, totalBytes: 0, waiting: 0 }));
  const metrics = await process.registry.getMetricsAsJSON();
  return new Set(
    metrics.flatMap(({ name, type }) =>
      String(type) === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
}

t.test('alerts and the Grafana dashboard ask for series that exist', async (t) => {
  const known = await knownSeries();
  for (const file of ['alerts.yml', 'alerts.test.yml', 'grafana-dashboard.json']) {
    const text = await readFile(join(FOLDER, file), 'utf8');
    const named = new Set(text.match(/\b(?:copydock|process)_[a-z_]+\b/g));
    t.ok(named.size >= 4, `${file} names series`);
    for (const name of named) t.ok(known.has(name), `${file}: ${name}`);
  }
});

t.test('the dashboard shows every series of Copydock', async (t) => {
  const text = await readFile(join(FOLDER, 'grafana-dashboard.json'), 'utf8');
  const own = [...(await knownSeries())].filter((name) => name.startsWith('copydock_'));
  const unseen = own.filter((name) => !text.includes(name));
  t.same(unseen.sort(), [
    'copydock_buffer_bytes_max',
    'copydock_control_database_up',
    'copydock_http_request_duration_seconds_sum',
    'copydock_load_duration_seconds_count',
    'copydock_load_duration_seconds_sum',
    'copydock_load_phase_seconds_bucket',
  ]);
});
