import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import t, { type Test } from 'tap';
import { explainTlsFault, isPassingTlsFault } from '../../src/loads/tls-fault.js';
import { createPool } from '../../src/postgres/pool.js';
import { classifyDatabaseError } from '../../src/postgres/sqlstate.js';
import { createS3Client } from '../../src/s3/client.js';
import { listPrefix } from '../../src/s3/list.js';

/** A record of TLS 1.2: a fatal alert. */
const alert = (code: number) => Buffer.from([21, 3, 3, 0, 2, 2, code]);
const INTERNAL_ERROR = alert(80);
const PROTOCOL_VERSION = alert(70);
const UNKNOWN_CA = alert(48);
const PLAIN = Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n');
const SSL_REQUEST_BYTES = 8;

/** Answers the first message of TLS by `answer`, and PostgreSQL's question for TLS by yes. */
async function startBroken(t: Test, answer: Buffer): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      if (data.length === SSL_REQUEST_BYTES) socket.write('S');
      else socket.end(answer);
    });
  });
  t.teardown(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

async function askPostgres(port: number): Promise<unknown> {
  const url = `postgres://u:p@127.0.0.1:${port}/d?sslmode=require`;
  const pool = createPool(url, { applicationName: 'tls test', max: 1 });
  const outcome = await pool.query('SELECT 1').catch((error: unknown) => classifyDatabaseError(error));
  await pool.end();
  return outcome;
}

async function askS3(t: Test, port: number): Promise<unknown> {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const s3 = createS3Client({
    endpoint: `https://127.0.0.1:${port}`,
    region: 'eu-west-2',
    credentials,
    caFile: undefined,
  });
  t.teardown(() => s3.destroy());
  try {
    for await (const _ of listPrefix(s3, 'source', 'bucket', '', new AbortController().signal)) break;
  } catch (error) {
    return error;
  }
}

const ANSWERS: [what: string, answer: Buffer, isFinal: boolean, reason: RegExp][] = [
  ['an alert', INTERNAL_ERROR, false, /TLS .* failed.*: an alert .* ended the connection \(/],
  ['no TLS', PLAIN, true, /speaks no TLS on this port/],
  ['an alert of the version', PROTOCOL_VERSION, true, /speaks no TLS on this port/],
  ["an alert of the client's certificate", UNKNOWN_CA, true, /wants a client's certificate/],
];

for (const [what, answer, isFinal, message] of ANSWERS) {
  t.test(`${what} ${isFinal ? 'ends the load' : 'is tried again'}`, async (t) => {
    const port = await startBroken(t, answer);
    t.match(await askPostgres(port), { code: isFinal ? 'tls_failed' : 'target_unreachable', message });
    t.match(await askS3(t, port), { code: isFinal ? 'tls_failed' : 's3_unavailable', message });
  });
}

t.test('a failed write tells what OpenSSL says in its message alone', async (t) => {
  const writeFault = (reason: string) =>
    Object.assign(
      new Error(`write EPROTO 80:error:0A0:SSL routines:ssl3_get_record:${reason}:record.c:350:`),
      {
        code: 'EPROTO',
      },
    );
  const plain = writeFault('wrong version number');
  t.match(explainTlsFault(plain), /speaks no TLS on this port.*\(EPROTO\)/);
  t.equal(isPassingTlsFault(plain), false);
  t.equal(isPassingTlsFault(writeFault('decryption failed or bad record mac')), true);
  t.equal(isPassingTlsFault(Object.assign(new Error('expired'), { code: 'CERT_HAS_EXPIRED' })), false);
  t.equal(isPassingTlsFault(new Error('The server does not support SSL connections')), false);
});
