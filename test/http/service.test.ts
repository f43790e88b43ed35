import { createHash } from 'node:crypto';
import net from 'node:net';
import t from 'tap';
import { ERROR_CATALOGUE } from '../../src/loads/error-catalogue.js';
import { serve } from './serve.js';

t.test('livez is 200 whatever happens; readyz is 503 while the control database is down', async (t) => {
  const { call, cutDatabase } = await serve(t);
  t.match(await call('GET', '/livez'), { status: 200, json: { status: 'alive' } });
  t.match(await call('GET', '/readyz'), { status: 200, json: { status: 'ready' } });
  cutDatabase();
  t.match(await call('GET', '/readyz'), { status: 503, json: { code: 'unavailable' } });
  t.equal((await call('GET', '/livez')).status, 200);
});

t.test('readyz is 503 while the process stops', async (t) => {
  let stopping = false;
  const { call } = await serve(t, { isStopping: () => stopping });
  t.equal((await call('GET', '/readyz')).status, 200);
  stopping = true;
  t.match(await call('GET', '/readyz'), { status: 503, json: { detail: /stopping/ } });
  t.equal((await call('GET', '/livez')).status, 200);
});

t.test('a known address with a wrong method is 405 with Allow', async (t) => {
  const { call } = await serve(t);
  for (const [method, path, allow] of [
    ['PATCH', '/v1/loads', 'GET, HEAD, POST'],
    ['POST', '/v1/loads/x', 'DELETE, GET, HEAD, PUT'],
    ['POST', '/v1/loads/x/gate', 'GET, HEAD'],
    ['GET', '/v1/loads/x/cancel', 'POST'],
    ['DELETE', '/livez', 'GET, HEAD'],
    ['QUERY', '/livez', 'GET, HEAD'],
  ] as const) {
    const { status, headers, json } = await call(method, path);
    t.equal(status, 405, `${method} ${path}`);
    t.equal(headers.get('allow'), allow);
    t.match(json, { code: 'method_not_allowed', instance: path });
  }
});

t.test('an unknown address is 404', async (t) => {
  const { call } = await serve(t);
  for (const path of ['/v2/loads', '/v1', '/v1/loads/x/nothing', '/favicon.ico']) {
    t.match(await call('GET', path), { status: 404, json: { code: 'not_found', instance: path } });
  }
});

t.test('a doubled first slash and a trailing one are taken, as base addresses make them', async (t) => {
  const { url, put } = await serve(t);
  await put('slash');
  for (const path of ['//v1/loads/slash', '/v1/loads/slash/', '/v1/loads/']) {
    t.equal((await fetch(url + path)).status, 200, path);
  }
});

t.test('HEAD answers as GET does, without a body', async (t) => {
  const { call, put } = await serve(t);
  await put('head');
  for (const path of ['/livez', '/v1/loads/head', '/docs']) {
    const { status, text } = await call('HEAD', path);
    t.match({ status, text }, { status: 200, text: '' });
  }
});

t.test('an unexpected error is 500 and tells no secrets', async (t) => {
  const { call } = await serve(t, {
    wrapStore: (store) => {
      const broken = Object.create(store);
      broken.list = async () => {
        throw new TypeError('password=hunter2');
      };
      return broken;
    },
  });
  const { status, text, json } = await call('GET', '/v1/loads');
  t.equal(status, 500);
  t.equal(json.code, 'internal_error');
  t.notMatch(text, /hunter2/);
});

t.test('what is not HTTP is answered by a problem', async (t) => {
  const { url } = await serve(t);
  const answer = await sendRaw(Number(new URL(url).port), 'nonsense\r\n\r\n');
  t.match(answer, /^HTTP\/1\.1 400 /);
  t.match(JSON.parse(answer.split('\r\n\r\n')[1] ?? ''), { status: 400, code: 'invalid_request' });
});

t.test('the document served is openapi.yaml', async (t) => {
  const { call } = await serve(t);
  const { json } = await call('GET', '/openapi.json');
  t.equal(json.openapi, '3.1.0');
  t.ok(json.paths['/v1/loads/{id}/gate']?.get?.responses['409']);
});

t.test('docs has an anchor for every error code and every address', async (t) => {
  const { call } = await serve(t);
  const { json } = await call('GET', '/openapi.json');
  const { text } = await call('GET', '/docs');
  for (const code of Object.keys(ERROR_CATALOGUE)) t.ok(text.includes(`<tr id="${code}">`), code);
  for (const [path, methods] of Object.entries<object>(json.paths)) {
    t.ok(text.includes(`<code>${path}</code>`), path);
    for (const { operationId } of Object.values(methods))
      t.ok(text.includes(`<h3 id="${operationId}">`), operationId);
  }
});

t.test(
  'the documentation needs nothing from elsewhere, and its policy allows only what it holds',
  async (t) => {
    const { call } = await serve(t);
    const { headers, text } = await call('GET', '/docs');
    t.equal(headers.get('content-type'), 'text/html; charset=utf-8');
    t.notMatch(text, /https?:\/\//);
    t.notMatch(text, /<script|\son[a-z]+=|style=/, 'nothing that a policy would refuse');
    const policy = headers.get('content-security-policy') ?? '';
    t.match(policy, /^default-src 'none'; /);
    t.notMatch(policy, /unsafe/);
    const style = /<style>([\s\S]*?)<\/style>/.exec(text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    t.ok(policy.includes(`style-src 'sha256-${hash}'`));
  },
);

t.test('every answer says that it is what it says it is', async (t) => {
  const { call } = await serve(t);
  for (const path of ['/livez', '/v1/loads', '/nothing', '/']) {
    const { headers } = await call('GET', path);
    t.equal(headers.get('x-content-type-options'), 'nosniff');
    t.ok(headers.has('content-security-policy'));
  }
});

function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      received += chunk.toString();
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(received));
  });
}
