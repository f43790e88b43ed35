import t from 'tap';
import { followStream } from './event-stream.js';
import { ALL_LOADS } from './listeners.js';
import { keyConfig, type Served, SUCCEEDED, serve, validBody } from './serve.js';

const IS_FEED = "datname = current_database() AND application_name = 'copydock changes'";
const DEADLINE_MS = 30_000;

async function untilFeedListens({ pool }: Served): Promise<void> {
  const giveUpAt = Date.now() + DEADLINE_MS;
  const isListening = async () =>
    (await pool.query(`SELECT FROM pg_stat_activity WHERE ${IS_FEED} AND query LIKE 'LISTEN%'`)).rowCount;
  while ((await isListening()) !== 1) {
    if (Date.now() > giveUpAt) throw new Error('the change feed never listened');
  }
}

async function follow(served: Served, init: RequestInit = {}) {
  const stream = await followStream(`${served.url}/v1/events`, init);
  await served.listeners.reached(ALL_LOADS, 1);
  await untilFeedListens(served);
  const nextLoad = async () => {
    let event = await stream.next();
    while (event?.event === 'missed') event = await stream.next();
    return event;
  };
  return { ...stream, nextLoad };
}

t.test('the stream begins at once, and tells of new loads and of each change', async (t) => {
  const served = await serve(t);
  const { response, nextLoad, nextBlock } = await follow(served);
  t.equal(response.headers.get('content-type'), 'text/event-stream');
  t.equal(await nextBlock(), ': still here');
  await served.put('all-1');
  t.match(await nextLoad(), { event: 'load', data: { id: 'all-1', status: 'queued' } });
  await served.put('all-2');
  t.match(await nextLoad(), { event: 'load', data: { id: 'all-2', status: 'queued' } });
  await served.setLoad('all-1', SUCCEEDED);
  t.match(await nextLoad(), { event: 'load', data: { id: 'all-1', status: 'succeeded', done: true } });
});

t.test('a key hears of its environments only', async (t) => {
  const apiKeys = [keyConfig('all', 'a'), keyConfig('production', 'p', { environments: ['production'] })];
  const served = await serve(t, { apiKeys });
  const { nextLoad } = await follow(served, { headers: { Authorization: 'Bearer p' } });
  const put = (id: string, env: string) =>
    served.call('PUT', `/v1/loads/${id}`, {
      headers: { 'X-API-Key': 'a' },
      body: JSON.stringify({ ...validBody, env, path: 's3://source/tree/' }),
    });
  await put('dev', 'development');
  await put('prod', 'production');
  t.match(await nextLoad(), { event: 'load', data: { id: 'prod' } });
});

t.test('after a gap in the change feed the stream says that changes may have been missed', async (t) => {
  const served = await serve(t);
  const { next, nextLoad } = await follow(served);
  await served.put('gap');
  await nextLoad();
  await served.pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${IS_FEED}`);
  t.match(await next(), { event: 'missed', data: {} });
});

t.test('a client that goes away is forgotten, and the stream ends when the app stops', async (t) => {
  const served = await serve(t);
  const leaving = new AbortController();
  await follow(served, { signal: leaving.signal });
  leaving.abort();
  await served.listeners.reached(ALL_LOADS, 0);
  const { next } = await follow(served);
  const closed = served.app.close();
  let last = await next();
  while (last !== null) last = await next();
  await closed;
  await served.listeners.reached(ALL_LOADS, 0);
});
