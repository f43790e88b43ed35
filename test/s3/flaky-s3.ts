import type { IncomingMessage, ServerResponse } from 'node:http';
import { S3Client } from '@aws-sdk/client-s3';
import type { Test } from 'tap';
import { serveHttp } from '../services/serve-http.js';

export interface FlakyS3 {
  client: S3Client;
  /** The Range header of each GET, in order. */
  ranges: (string | undefined)[];
}

export type Answer = (request: IncomingMessage, response: ServerResponse, nth: number) => void;

/** An S3 server that answers each GET as the test says: for faults that no real server makes to order. */
export async function startFlakyS3(t: Test, answer: Answer): Promise<FlakyS3> {
  const ranges: (string | undefined)[] = [];
  const endpoint = await serveHttp(t, (request, response) => {
    ranges.push(request.headers.range);
    answer(request, response, ranges.length);
  });
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  t.teardown(() => client.destroy());
  return { client, ranges };
}
