import { EventEmitter, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { postEvent } from '../../src/webhooks/post.js';
import { makeAuthority } from '../tls/certificates.js';
import { HANG, refuse, startReceiver } from './receiver.js';

const POST = { headers: { 'webhook-id': 'event-1' }, body: '{"type":"load.failed"}', timeoutMs: 10_000 };

t.test('an answer of 2xx is success, and the post is JSON', async (t) => {
  const receiver = await startReceiver(t);
  t.equal(await postEvent({ ...POST, url: receiver.url }), null);
  t.match(receiver.posts, [
    {
      path: '/hooks',
      body: POST.body,
      headers: { 'webhook-id': 'event-1', 'content-type': 'application/json' },
    },
  ]);
});

t.test('credentials of the address are sent as Basic', async (t) => {
  const receiver = await startReceiver(t);
  t.equal(await postEvent({ ...POST, url: receiver.url.replace('//', '//user:p%40ss@') }), null);
  t.equal(receiver.posts[0]?.headers.authorization, `Basic ${Buffer.from('user:p@ss').toString('base64')}`);
});

t.test('another answer is a fault that is told with what it asks for', async (t) => {
  const receiver = await startReceiver(t, refuse(503, { 'retry-after': '7' }));
  t.same(await postEvent({ ...POST, url: receiver.url }), {
    detail: 'answered 503',
    status: 503,
    retryAfterMs: 7_000,
  });
});

t.test('a redirect is not followed', async (t) => {
  const elsewhere = await startReceiver(t);
  const receiver = await startReceiver(t, refuse(307, { location: elsewhere.url }));
  t.match(await postEvent({ ...POST, url: receiver.url }), {
    detail: /^answered 307, a redirect/,
    status: 307,
  });
  t.same(elsewhere.posts, []);
});

t.test('who does not answer in time has not taken it', async (t) => {
  const receiver = await startReceiver(t, HANG);
  t.match(await postEvent({ ...POST, url: receiver.url, timeoutMs: 50 }), {
    detail: 'no answer within 0.05 s',
    status: null,
  });
});

t.test('an answer without an end is read for a while only', async (t) => {
  const ended = new EventEmitter();
  const receiver = await startReceiver(t, (response) => {
    response.writeHead(200);
    let sizeBytes = 0;
    const write = () => {
      while (!response.destroyed && response.write(Buffer.alloc(16_384))) sizeBytes += 16_384;
    };
    response
      .on('drain', write)
      .on('error', () => {})
      .on('close', () => ended.emit('end', sizeBytes));
    write();
  });
  const end = once(ended, 'end');
  t.equal(await postEvent({ ...POST, url: receiver.url }), null);
  const [sizeBytes] = await end;
  t.ok(sizeBytes < 64 * 1_048_576, `${sizeBytes} bytes`);
});

t.test('a post is over when the answer is, so that slow answers do not pile up', async (t) => {
  let isAnswered = false;
  const receiver = await startReceiver(t, (response) => {
    response.writeHead(200).flushHeaders();
    setTimeout(() => {
      isAnswered = true;
      response.end();
    }, 50);
  });
  t.equal(await postEvent({ ...POST, url: receiver.url }), null);
  t.ok(isAnswered);
});

t.test('one that takes it and then never ends its answer has taken it', async (t) => {
  const receiver = await startReceiver(t, (response) => void response.writeHead(200).flushHeaders());
  t.equal(await postEvent({ ...POST, url: receiver.url, timeoutMs: 1_000 }), null);
});

t.test('one that changes to another protocol has not taken it', async (t) => {
  const receiver = await startReceiver(
    t,
    (response) =>
      void response.socket?.end(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
      ),
  );
  t.match(await postEvent({ ...POST, url: receiver.url }), { detail: /^no answer \(/, status: null });
});

t.test('a receiver that is not there, and one without TLS, are told without their address', async (t) => {
  const receiver = await startReceiver(t);
  const url = receiver.url.replace('http:', 'https:').replace('//', '//user:hidden@');
  const faults = [
    await postEvent({ ...POST, url }),
    await postEvent({ ...POST, url: 'http://user:hidden@127.0.0.1:1/hidden' }),
  ];
  t.match(faults, [{ detail: /^TLS failed: / }, { detail: 'no answer (ECONNREFUSED)' }]);
  t.notMatch(JSON.stringify(faults), /hidden/);
});

t.test('a certificate that proves nothing is refused, whatever variables say', async (t) => {
  const { certFile, keyFile } = await makeAuthority(t);
  let asked = 0;
  const server = createServer(
    { cert: await readFile(certFile), key: await readFile(keyFile) },
    (_, response) => {
      asked += 1;
      response.end();
    },
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  t.teardown(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED);
  const { port } = server.address() as AddressInfo;
  t.match(await postEvent({ ...POST, url: `https://localhost:${port}/` }), {
    detail: /^TLS failed: no trusted authority has signed/,
    status: null,
  });
  t.equal(asked, 0);
});
