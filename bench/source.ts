import { open } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { HEADER, spoilRow, writeRow } from './rows.js';
import type { World } from './world.js';

/** Rows of one data set in several CSV files: on the local disk for psql, and the same bytes as objects for Copydock. */
export interface Source {
  rows: number;
  sizeBytes: number;
  localFiles: string[];
  /** `s3://bucket/prefix/` */
  path: string;
}

export interface SourceOptions {
  name: string;
  dataSet: string;
  firstEntity: number;
  rows: number;
  files: number;
  versionOf: (entity: number) => number;
  /** Of these rows PostgreSQL must refuse each. */
  isBad?: (entity: number) => boolean;
  /** false: objects only, for loads without a rival. */
  isLocal?: boolean;
}

const PIECE_BYTES = 8 * 1024 * 1024;

export async function makeSource(world: World, options: SourceOptions): Promise<Source> {
  const { name, rows, files, firstEntity } = options;
  const source: Source = { rows, sizeBytes: 0, localFiles: [], path: `s3://${world.s3.bucket}/${name}/` };
  for (let file = 0; file < files; file += 1) {
    const from = firstEntity + Math.floor((rows * file) / files);
    const to = firstEntity + Math.floor((rows * (file + 1)) / files);
    const fileName = `${String(file).padStart(4, '0')}.csv`;
    const local = options.isLocal === false ? null : join(world.folder, `${name}-${fileName}`);
    source.sizeBytes += await writeFile(world, `${name}/${fileName}`, local, writePieces(options, from, to));
    if (local !== null) source.localFiles.push(local);
  }
  return source;
}

function* writePieces(
  { dataSet, versionOf, isBad }: SourceOptions,
  from: number,
  to: number,
): Generator<Buffer> {
  let text = `${HEADER.join(',')}\n`;
  for (let entity = from; entity < to; entity += 1) {
    const row = writeRow(entity, dataSet, versionOf(entity));
    text += isBad?.(entity) ? spoilRow(entity, row) : row;
    if (text.length < PIECE_BYTES) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

async function writeFile(
  { s3: { client, bucket } }: World,
  key: string,
  local: string | null,
  pieces: Iterable<Buffer>,
): Promise<number> {
  const object = { Bucket: bucket, Key: key };
  const file = local === null ? null : await open(local, 'w');
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(object));
  const parts: { ETag: string | undefined; PartNumber: number }[] = [];
  let sizeBytes = 0;
  for (const Body of pieces) {
    const PartNumber = parts.length + 1;
    await file?.write(Body);
    const { ETag } = await client.send(new UploadPartCommand({ ...object, UploadId, PartNumber, Body }));
    parts.push({ ETag, PartNumber });
    sizeBytes += Body.length;
  }
  await client.send(
    new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts: parts } }),
  );
  await file?.close();
  return sizeBytes;
}
