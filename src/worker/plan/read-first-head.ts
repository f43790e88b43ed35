import type { S3Client } from '@aws-sdk/client-s3';
import { objectLocation, type PinnedObject } from '../../s3/list.js';
import { readPinned } from '../../s3/read.js';
import { type CsvDialect, decodeText } from '../cut/dialect.js';
import { type Head, peelHead } from '../cut/head.js';
import { scannerOptions } from '../cut/line-end.js';
import { parseRecord } from '../cut/parse-record.js';
import { RecordScanner } from '../cut/record-scanner.js';

/** Enough for a header and for the sample that a CREATE TABLE is proposed from. */
const SAMPLE_BYTES = 256 * 1024;

export interface FirstHead {
  head: Head;
  /** Complete records after the head, within the first 256 KiB. */
  sample: Buffer;
}

/** The head of the first object that has one; null where no object holds a byte. */
export async function readFirstHead(
  client: S3Client,
  objects: readonly PinnedObject[],
  dialect: CsvDialect,
  signal: AbortSignal,
): Promise<FirstHead | null> {
  for (const object of objects) {
    if (object.sizeBytes === 0) continue;
    const found = await readHead(client, object, Math.min(SAMPLE_BYTES, object.sizeBytes), dialect, signal);
    if (found !== null) return found;
  }
  return null;
}

async function readHead(
  client: S3Client,
  object: PinnedObject,
  sampleBytes: number,
  dialect: CsvDialect,
  signal: AbortSignal,
): Promise<FirstHead | null> {
  const chunks = readPinned(client, 'source', object, { startByte: 0, endByte: object.sizeBytes }, signal);
  const peeled = await peelHead(chunks, dialect, objectLocation(object));
  if (peeled === null) return null;
  const sample: Buffer[] = [];
  let length = 0;
  for await (const chunk of peeled.rest) {
    sample.push(chunk);
    length += chunk.length;
    if (length >= sampleBytes) break;
  }
  return { head: peeled.head, sample: Buffer.concat(sample) };
}

/** The sample's records as text values; a record cut off at the sample's end is left out unless it is the last. */
export function parseSample(
  { head, sample }: FirstHead,
  dialect: CsvDialect,
  maxRecords: number,
): (string | null)[][] {
  const records: (string | null)[][] = [];
  let start = 0;
  const scanner = new RecordScanner(scannerOptions(dialect, head.lineEnd));
  for (let at = 0; at < sample.length && records.length < maxRecords; at += 1) {
    const before = scanner.records;
    scanner.scan(sample, at, at + 1);
    if (scanner.records === before) continue;
    const record = decodeText(sample.subarray(start, at), dialect.encoding).replace(/\r$/, '');
    records.push(parseRecord(record, dialect));
    start = at + 1;
  }
  return records;
}
