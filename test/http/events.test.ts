import t from 'tap';
import { followStream } from './event-stream.js';
import { type Served, SUCCEEDED, serve } from './serve.js';

/** Follows one load. */
function follow({ url }: Pick<Served, 'url'>, id: string, init: RequestInit = {}) {
  return followStream(`${url}/v1/loads/${id}/events`, init);
}

t.test(
  'the first event comes at once, then one a change; the stream ends after a terminal state',
  async (t) => {
    const served = await serve(t);
    const { put, setLoad, listeners } = served;
    await put('sse-1');
    const { response, next } = await follow(served, 'sse-1');
    t.equal(response.headers.get('content-type'), 'text/event-stream');
    t.match(await next(), { event: 'load', id: '1-1', data: { id: 'sse-1', status: 'queued', version: 1 } });
    await setLoad('sse-1', "status = 'staging'");
    t.match(await next(), { event: 'load', id: '1-2', data: { status: 'staging' } });
    await setLoad('sse-1', SUCCEEDED);
    t.match(await next(), { id: '1-3', data: { status: 'succeeded', done: true } });
    t.equal(await next(), null);
    await listeners.reached('sse-1', 0);
  },
);

t.test('a finished load gives its one event and the end; one who has that event gets 204', async (t) => {
  const served = await serve(t);
  await served.put('sse-2');
  await served.setLoad('sse-2', SUCCEEDED);
  const { next } = await follow(served, 'sse-2');
  t.match(await next(), { id: '1-2', data: { status: 'succeeded' } });
  t.equal(await next(), null);
  const again = (id: string) =>
    served.call('GET', '/v1/loads/sse-2/events', { headers: { 'Last-Event-ID': id } });
  t.equal((await again('1-2')).status, 204);
  t.equal((await again('1-1')).status, 200);
});

t.test('an unknown load is 404, as a problem', async (t) => {
  const { call } = await serve(t);
  t.match(await call('GET', '/v1/loads/nobody/events'), { status: 404, json: { code: 'load_unknown' } });
});

t.test('a client that goes away is forgotten', async (t) => {
  const served = await serve(t);
  await served.put('sse-3');
  const leaving = new AbortController();
  const { next } = await follow(served, 'sse-3', { signal: leaving.signal });
  await next();
  await served.listeners.reached('sse-3', 1);
  leaving.abort();
  await served.listeners.reached('sse-3', 0);
});

t.test('the stream ends when the app stops', async (t) => {
  const served = await serve(t);
  await served.put('sse-4');
  const { next } = await follow(served, 'sse-4');
  await next();
  const closed = served.app.close();
  t.equal(await next(), null);
  await closed;
});
