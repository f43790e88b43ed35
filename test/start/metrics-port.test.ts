import pino from 'pino';
import t from 'tap';
import { openMetricsPort } from '../../src/start/metrics-port.js';

const logger = pino({ enabled: false });

t.test('the port has metrics and probes, and nothing else', async (t) => {
  let isReady = true;
  const { url, stop } = await openMetricsPort({
    host: '127.0.0.1',
    port: 0,
    metrics: { render: async () => ({ mediaType: 'text/plain; version=0.0.4', text: 'copydock_up 1\n' }) },
    isReady: async () => isReady,
    logger,
  });
  t.teardown(stop);
  const get = async (path: string) => {
    const response = await fetch(url + path);
    return { status: response.status, text: await response.text() };
  };
  t.same(await get('/metrics'), { status: 200, text: 'copydock_up 1\n' });
  t.match(await get('/readyz'), { status: 200 });
  isReady = false;
  t.match(await get('/readyz'), { status: 503 });
  t.match(await get('/livez'), { status: 200 });
  t.match(await get('/v1/loads'), { status: 404 });
});

t.test('metrics that can not be read are a 500 without the cause, which is in the log', async (t) => {
  const { url, stop } = await openMetricsPort({
    host: '127.0.0.1',
    port: 0,
    metrics: { render: () => Promise.reject(new Error('the password is wrong')) },
    isReady: async () => true,
    logger,
  });
  t.teardown(stop);
  const response = await fetch(`${url}/metrics`);
  t.equal(response.status, 500);
  t.notMatch(await response.text(), /password/);
});
