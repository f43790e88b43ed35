import t from 'tap';
import { hashRequest } from '../../src/loads/hash-request.js';
import type { LoadRequest } from '../../src/loads/load.js';

const request: LoadRequest = {
  load_type: 'full',
  data_set: 'tree',
  path: 's3://data/tree/',
  env: 'development',
  labels: { dag_id: 'd', run_id: 'r' },
  csv: { columns: ['a', 'b'] },
};

t.test('the order of fields does not matter, at any depth', async (t) => {
  const { labels: _, ...rest } = request;
  t.equal(hashRequest({ labels: { run_id: 'r', dag_id: 'd' }, ...rest }), hashRequest(request));
  t.match(hashRequest(request), /^[0-9a-f]{64}$/);
});

t.test('every value matters, and the order of a list', async (t) => {
  const others: LoadRequest[] = [
    { ...request, env: 'production' },
    { ...request, labels: { dag_id: 'd', run_id: 's' } },
    { ...request, csv: { columns: ['b', 'a'] } },
    { ...request, allow_empty: false },
  ];
  t.equal(new Set([request, ...others].map(hashRequest)).size, others.length + 1);
});
