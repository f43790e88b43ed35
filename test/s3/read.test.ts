import type { ServerResponse } from 'node:http';
import t from 'tap';
import { checkPinned, readPinned } from '../../src/s3/read.js';
import { startFlakyS3 } from './flaky-s3.js';

const BODY = Buffer.from('0123456789abcdefghij');
const OBJECT = { bucket: 'b', key: 'k.csv', etag: '"e1"', sizeBytes: BODY.length };
const WHOLE = { startByte: 0, endByte: BODY.length };
const NEVER = new AbortController().signal;

function startOf(range: string | undefined): number {
  return Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
}

function head(response: ServerResponse, length: number, etag = OBJECT.etag): void {
  response.writeHead(200, { 'content-length': length, etag });
}

async function readAll(chunks: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

t.test('a connection that breaks in mid body is resumed where it stopped', async (t) => {
  const s3 = await startFlakyS3(t, (request, response, nth) => {
    const rest = BODY.subarray(startOf(request.headers.range));
    head(response, rest.length);
    if (nth === 1) response.write(rest.subarray(0, 7), () => response.destroy());
    else response.end(rest);
  });
  t.equal(await readAll(readPinned(s3.client, 'source', OBJECT, WHOLE, NEVER)), BODY.toString());
  t.strictSame(s3.ranges, [undefined, 'bytes=7-19']);
});

t.test(
  'an object that was replaced is an error that names it, even where the server ignores If-Match',
  async (t) => {
    const s3 = await startFlakyS3(t, (_, response) => {
      head(response, BODY.length, '"e2"');
      response.end(BODY);
    });
    await t.rejects(readAll(readPinned(s3.client, 'source', OBJECT, WHOLE, NEVER)), {
      code: 'source_object_changed',
      report: { object: 's3://b/k.csv' },
    });
  },
);

t.test('a shorter object with the same ETag never passes for the whole', async (t) => {
  const s3 = await startFlakyS3(t, (_, response) => {
    head(response, 5);
    response.end(BODY.subarray(0, 5));
  });
  await t.rejects(readAll(readPinned(s3.client, 'source', OBJECT, WHOLE, NEVER)), {
    code: 'source_object_changed',
  });
});

for (const [what, etag, length, expected] of [
  ['as it was', OBJECT.etag, BODY.length, null],
  ['replaced', '"e2"', BODY.length, 'staged_object_changed'],
  ['of another length', OBJECT.etag, 5, 'staged_object_changed'],
] as const) {
  t.test(`an object that others will read is looked at: ${what}`, async (t) => {
    const s3 = await startFlakyS3(t, (_, response) => {
      head(response, length, etag);
      response.end();
    });
    const checked = checkPinned(s3.client, 'staging', OBJECT, NEVER);
    if (expected === null) await t.resolves(checked);
    else await t.rejects(checked, { code: expected, report: { object: 's3://b/k.csv' } });
  });
}

t.test('an object that is gone is told, before others would read it', async (t) => {
  const s3 = await startFlakyS3(t, (_, response) => {
    response.writeHead(404).end();
  });
  await t.rejects(checkPinned(s3.client, 'staging', OBJECT, NEVER), { code: 'staged_object_changed' });
});

t.test('a server that keeps breaking is given up with s3_unavailable', async (t) => {
  const s3 = await startFlakyS3(t, (_, response) => response.destroy());
  await t.rejects(readAll(readPinned(s3.client, 'source', OBJECT, WHOLE, NEVER)), { code: 's3_unavailable' });
  t.equal(s3.ranges.length, 5);
});

t.test('a 412 and a 403 are told apart', async (t) => {
  const refusing = (status: number, code: string) =>
    startFlakyS3(t, (_, response) => {
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(`<Error><Code>${code}</Code><Message>no</Message></Error>`);
    });
  const changed = await refusing(412, 'PreconditionFailed');
  await t.rejects(readAll(readPinned(changed.client, 'staging', OBJECT, WHOLE, NEVER)), {
    code: 'staged_object_changed',
  });
  const forbidden = await refusing(403, 'AccessDenied');
  await t.rejects(readAll(readPinned(forbidden.client, 'source', OBJECT, WHOLE, NEVER)), {
    code: 'source_access_denied',
  });
});

t.test('an abort ends a read that hangs', async (t) => {
  const stop = new AbortController();
  const s3 = await startFlakyS3(t, (_, response) => {
    head(response, BODY.length);
    response.write(BODY.subarray(0, 3), () => stop.abort(new Error('stopped by the test')));
  });
  await t.rejects(readAll(readPinned(s3.client, 'source', OBJECT, WHOLE, stop.signal)), {
    message: 'stopped by the test',
  });
});
