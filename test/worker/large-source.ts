import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { testS3Client } from '../services/s3.js';

const HEADER = 'id,name,payload\n';
const MIB = 1024 * 1024;

/** Texts of about 280 bytes that COPY must unquote: the row `id` holds number `id % 16`. */
export const PAYLOADS = Array.from(
  { length: 16 },
  (_, index) => `payload ${index}, "quoted"\nnext line ${'-'.repeat(235)}${index}`,
);
const WRITTEN_PAYLOADS = PAYLOADS.map((payload) => `"${payload.replaceAll('"', '""')}"`);

export interface LargeSource {
  rows: number;
  sizeBytes: number;
}

/** Rows as CSV, in pieces of about `pieceBytes`, whole records each. */
function* writePieces(totalBytes: number, pieceBytes: number): Generator<{ body: Buffer; rows: number }> {
  let id = 0;
  for (let written = 0; written < totalBytes; ) {
    const first = id;
    const lines: string[] = [];
    for (let length = 0; length < pieceBytes; id += 1) {
      const line = `${id},row ${id},${WRITTEN_PAYLOADS[id % 16]}\n`;
      lines.push(line);
      length += line.length;
    }
    const body = Buffer.from(lines.join(''));
    written += body.length;
    yield { body, rows: id - first };
  }
}

/** One object, uploaded in pieces: it is never whole in memory. */
export async function putLargeObject(bucket: string, key: string, totalBytes: number): Promise<LargeSource> {
  const object = { Bucket: bucket, Key: key };
  const client = testS3Client();
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(object));
  const parts: { ETag: string | undefined; PartNumber: number }[] = [];
  const source = { rows: 0, sizeBytes: 0 };
  for (const { body, rows } of writePieces(totalBytes, 16 * MIB)) {
    const PartNumber = parts.length + 1;
    const Body = PartNumber === 1 ? Buffer.concat([Buffer.from(HEADER), body]) : body;
    const { ETag } = await client.send(new UploadPartCommand({ ...object, UploadId, PartNumber, Body }));
    parts.push({ ETag, PartNumber });
    source.rows += rows;
    source.sizeBytes += Body.length;
  }
  await client.send(
    new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts: parts } }),
  );
  return source;
}

/** As many objects under one prefix, each with the header. */
export async function putManyObjects(
  bucket: string,
  prefix: string,
  totalBytes: number,
  count: number,
): Promise<LargeSource & { objects: number }> {
  const source = { rows: 0, sizeBytes: 0, objects: 0 };
  for (const { body, rows } of writePieces(totalBytes, totalBytes / count)) {
    const key = `${prefix}${String(source.objects).padStart(4, '0')}.csv`;
    const Body = Buffer.concat([Buffer.from(HEADER), body]);
    await testS3Client().send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }));
    source.rows += rows;
    source.sizeBytes += Body.length;
    source.objects += 1;
  }
  return source;
}
