import type { IncomingMessage, ServerResponse } from 'node:http';
import t from 'tap';
import { deleteStagingPrefix } from '../../src/s3/write.js';
import { startFlakyS3 } from './flaky-s3.js';

const NEVER = new AbortController().signal;
const PREFIX = 'tmp/postgres-copy/thing-1700000000-0123abcd/';
const KEY = `${PREFIX}part-00001.csv`;

const LISTING = `<ListBucketResult><KeyCount>1</KeyCount><IsTruncated>false</IsTruncated>
  <Contents><Key>${KEY}</Key><Size>1</Size><ETag>"x"</ETag></Contents></ListBucketResult>`;

/** Lists one object, and answers 200 to its deletion, with this error for the object itself. */
function refuseWith(code: string) {
  const refusal = `<DeleteResult><Error><Key>${KEY}</Key><Code>${code}</Code></Error></DeleteResult>`;
  return ({ method }: IncomingMessage, response: ServerResponse) => {
    response.setHeader('content-type', 'application/xml');
    response.end(method === 'POST' ? refusal : LISTING);
  };
}

t.test('an object that may not be deleted is an access denied, which says what to allow', async (t) => {
  const { client } = await startFlakyS3(t, refuseWith('AccessDenied'));
  await t.rejects(deleteStagingPrefix(client, 'staging', PREFIX, NEVER), {
    code: 'staging_access_denied',
    message: `S3 refuses to delete from the staging bucket; allow s3:DeleteObject: s3://staging/${KEY} (AccessDenied).`,
  });
});

t.test('an object whose deletion failed for another reason is named with it', async (t) => {
  const { client } = await startFlakyS3(t, refuseWith('InternalError'));
  await t.rejects(deleteStagingPrefix(client, 'staging', PREFIX, NEVER), {
    code: 's3_unavailable',
    message: new RegExp(`s3://staging/${KEY} \\(InternalError\\)`),
  });
});
