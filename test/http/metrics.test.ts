import t from 'tap';
import { keyConfig, serve } from './serve.js';

const ENDED = `status = 'failed', finished_at = now(), error = '{"code": "bad_value", "detail": "x", "retryable": false}'`;

t.test('metrics tell of loads by state, of those that ended lately, and of requests', async (t) => {
  const { call, put, setLoad } = await serve(t);
  await put('one');
  await put('two', { data_set: 'other-tree' });
  await put('three');
  await setLoad('three', ENDED);
  await call('GET', '/v1/loads/one/gate');
  const { status, headers, text } = await call('GET', '/metrics');
  t.equal(status, 200);
  t.match(headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
  t.match(text, /^copydock_control_database_up 1$/m);
  t.match(text, /^copydock_loads\{env="development",status="queued",waiting_for=""\} 2$/m);
  t.match(text, /^copydock_oldest_load_age_seconds\{env="development",status="queued",waiting_for=""\} \d/m);
  t.match(text, /^copydock_loads_ended_last_hour\{env="development",status="failed"\} 1$/m);
  t.match(
    text,
    /^copydock_http_request_duration_seconds_count\{method="GET",route="\/v1\/loads\/:id\/gate",status="404"\} 1$/m,
  );
  t.match(text, /^process_resident_memory_bytes \d+/m);
});

t.test('without the control database the rest of the page still comes', async (t) => {
  const { call, put, cutDatabase } = await serve(t);
  await put('one');
  cutDatabase();
  const { status, text } = await call('GET', '/metrics');
  t.equal(status, 200);
  t.match(text, /^copydock_control_database_up 0$/m);
  t.notMatch(text, /^copydock_loads\{/m);
  t.notMatch(text, /^copydock_unclean_plans /m, 'what is not known is not said to be 0');
});

t.test('metrics want a key that covers every environment', async (t) => {
  const { call } = await serve(t, {
    apiKeys: [
      keyConfig('prometheus', 'key-all', { access: 'read' }),
      keyConfig('production', 'key-production', { environments: ['production'] }),
    ],
  });
  t.match(await call('GET', '/metrics'), { status: 401, json: { code: 'unauthorized' } });
  t.match(await call('GET', '/metrics', { headers: { 'X-API-Key': 'key-production' } }), {
    status: 403,
    json: { code: 'forbidden', detail: /production does not cover every environment/ },
  });
  t.equal((await call('GET', '/metrics', { headers: { Authorization: 'Bearer key-all' } })).status, 200);
});

t.test('no path of a caller becomes a label', async (t) => {
  const { call } = await serve(t);
  await call('GET', '/no/such/place');
  await call('GET', '/v1/loads/some-secret-id');
  const { text } = await call('GET', '/metrics');
  t.notMatch(text, /no\/such\/place|some-secret-id/);
});
