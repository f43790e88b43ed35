import { mock } from 'node:test';
import t from 'tap';
import { LoadFeed } from '../../src/http/load-feed.js';
import type { Load } from '../../src/loads/load.js';

const load: Load = {
  id: 'feed-1',
  load_order: 1,
  version: 1,
  attempt: 1,
  status: 'queued',
  env: 'development',
  load_type: 'full',
  data_set: 'tree',
  path: 's3://b/tree/',
  target_table: 'public.tree',
  s3_bucket: 'b',
  s3_bucket_source: 'request',
  s3_bucket_overridden: null,
  absent_fields: [],
  warnings: [],
  labels: {},
  request: { load_type: 'full', data_set: 'tree', path: 's3://b/tree/', env: 'development' },
  submitted_by: null,
  accepted_at: '2026-01-01T00:00:00.000Z',
  attempt_at: '2026-01-01T00:00:00.000Z',
  deadline_at: '2026-01-01T06:00:00.000Z',
  started_at: null,
  finished_at: null,
  cancel_requested: false,
  staging_prefix: null,
  commit_plan: null,
  schema_drift: null,
  waiting_for: null,
  progress: null,
  receipt: null,
  error: null,
  cleanup: null,
};

/** A service with one load, which `set` replaces. */
function serviceOf(first: Load | null) {
  let current = first;
  let ring = () => {};
  return {
    get: async () => current,
    subscribe: (_id: string, onChange: () => void) => {
      ring = onChange;
      return () => {
        ring = () => {};
      };
    },
    set: (next: Load | null) => {
      current = next;
      ring();
    },
  };
}

t.test('where nothing changes the feed gives a sign of life every 15 seconds', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  const feed = new LoadFeed(serviceOf(load), load.id, new AbortController().signal);
  const changes = feed.changes();
  t.equal((await changes.next()).value, load);
  const next = changes.next();
  mock.timers.tick(14_999);
  let isSettled = false;
  next.then(() => {
    isSettled = true;
  });
  await Promise.resolve();
  t.equal(isSettled, false);
  mock.timers.tick(1);
  t.equal((await next).value, null);
  feed.close();
  t.equal((await changes.next()).done, true);
});

t.test('a change that comes while the load is being read is not lost', async (t) => {
  const service = serviceOf(load);
  const get = service.get;
  let isFirst = true;
  service.get = async () => {
    const read = await get();
    if (isFirst) {
      isFirst = false;
      service.set({ ...load, version: 2 });
    }
    return read;
  };
  const feed = new LoadFeed(service, load.id, new AbortController().signal);
  const changes = feed.changes();
  t.match((await changes.next()).value, { version: 1 });
  t.match((await changes.next()).value, { version: 2 });
  feed.close();
});

t.test('a change told twice is given once, and the feed ends when the record is gone', async (t) => {
  const service = serviceOf(load);
  const feed = new LoadFeed(service, load.id, new AbortController().signal);
  const changes = feed.changes();
  await changes.next();
  service.set(load);
  const next = changes.next();
  service.set({ ...load, version: 2 });
  t.match((await next).value, { version: 2 });
  service.set(null);
  t.equal((await changes.next()).done, true);
});

t.test('the feed ends when the app stops, also before it began', async (t) => {
  const stop = new AbortController();
  const changes = new LoadFeed(serviceOf(load), load.id, stop.signal).changes();
  await changes.next();
  const next = changes.next();
  stop.abort();
  t.equal((await next).done, true);
  t.equal((await new LoadFeed(serviceOf(load), load.id, stop.signal).changes().next()).done, true);
});
