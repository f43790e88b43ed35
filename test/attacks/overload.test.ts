import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { serve, validBody } from '../http/serve.js';

const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth);

t.test('a body that is deep or large is refused, and the service goes on', async (t) => {
  const { call } = await serve(t);
  for (const depth of [17, 1_000, 30_000]) {
    const body = `{"labels":${nested(depth, '[', ']')}}`;
    t.match(
      await call('POST', '/v1/loads', { body }),
      { status: 400, json: { code: 'invalid_request', detail: /nested more than 16 levels/ } },
      `arrays, ${depth}`,
    );
  }
  for (const body of [nested(10_000, '{"a":', '}'), '['.repeat(60_000), `"${'['.repeat(100)}"`]) {
    t.equal((await call('POST', '/v1/loads', { body })).status, 400, body.slice(0, 10));
  }
  t.equal((await call('POST', '/v1/loads', { body: 'x'.repeat(70_000) })).status, 413);
  const brackets = JSON.stringify({ ...validBody, labels: { note: '[{'.repeat(100) } });
  t.equal((await call('POST', '/v1/loads', { body: brackets })).status, 202, 'brackets in text are no depth');
});

t.test('a head that is too large is refused', async (t) => {
  const { url } = await serve(t);
  const answer = await send(t, url, `GET /livez HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
  t.match(answer, /^HTTP\/1\.1 400 .*larger than 16 KiB/s);
});

t.test('clients that send slowly are cut off', async (t) => {
  const { app } = await serve(t);
  t.ok(app.server.headersTimeout <= 60_000, 'a head');
  t.ok(app.server.requestTimeout > 0 && app.server.requestTimeout <= 30_000, 'a whole request');
  const { url } = await serve(t, {
    adaptServer: (server) =>
      Object.assign(server, { headersTimeout: 200, requestTimeout: 300, connectionsCheckingInterval: 50 }),
  });
  const head = 'POST /v1/loads HTTP/1.1\r\nHost: x\r\n';
  for (const [name, text] of [
    ['half a head', head],
    ['a head without its body', `${head}Content-Length: 100\r\n\r\n`],
    ['half a body', `${head}Content-Length: 100\r\n\r\n{"load_type"`],
    ['half a chunk', `${head}Transfer-Encoding: chunked\r\n\r\nff\r\n{`],
  ] as const) {
    t.match(await send(t, url, text), /did not arrive in time/, name);
  }
});

t.test('a request that two servers could read differently is refused', async (t) => {
  const { url } = await serve(t);
  for (const headers of [
    'Content-Length: 5\r\nTransfer-Encoding: chunked',
    'Content-Length: 5\r\nContent-Length: 6',
    'Transfer-Encoding : chunked',
  ]) {
    const answer = await send(t, url, `POST /v1/loads HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n0\r\n\r\n`);
    t.match(answer, /^HTTP\/1\.1 400 /, headers);
  }
});

/** Sends the text and nothing more; resolves with all that comes until the server closes the connection. */
function send(t: Test, url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  t.teardown(() => socket.destroy());
  return new Promise((resolve) => {
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
    socket.write(text);
  });
}
