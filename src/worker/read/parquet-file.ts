import { type FileHandle, open } from 'node:fs/promises';
import { CopydockError } from '../../loads/errors.js';
import { objectLocation, type PinnedObject } from '../../s3/list.js';
import { type ReadRange, readPinned } from '../../s3/read.js';
import type { ReadTools } from './reading.js';
import type { TempFile } from './temp-space.js';

const MAGIC = 'PAR1';
/** The footer's length and the magic bytes, which end the file. */
const TAIL_BYTES = 8;

/** The whole object in a temporary file. */
export async function fetchWhole(object: PinnedObject, tools: ReadTools): Promise<TempFile> {
  await footerStart(object, tools);
  return writeFile(object, tools, object.sizeBytes, (file) =>
    copyRange(object, { startByte: 0, endByte: object.sizeBytes }, tools, file),
  );
}

/** A file of the object's size that holds its footer and, for the rest, nothing: it takes no room on disk. */
export async function fetchFooter(object: PinnedObject, tools: ReadTools): Promise<TempFile> {
  const startByte = await footerStart(object, tools);
  return writeFile(object, tools, object.sizeBytes - startByte, async (file) => {
    await file.truncate(object.sizeBytes);
    await file.write(MAGIC, 0);
    await copyRange(object, { startByte, endByte: object.sizeBytes }, tools, file);
  });
}

async function footerStart(object: PinnedObject, tools: ReadTools): Promise<number> {
  const location = objectLocation(object);
  const startByte = Math.max(0, object.sizeBytes - TAIL_BYTES);
  const tail: Buffer[] = [];
  const range = { startByte, endByte: object.sizeBytes };
  for await (const chunk of readPinned(tools.s3, 'source', object, range, tools.signal)) tail.push(chunk);
  const bytes = Buffer.concat(tail);
  if (bytes.length < TAIL_BYTES || bytes.toString('latin1', 4) !== MAGIC) {
    throw new CopydockError('archive_damaged', `${location} is not Parquet, or it ends too early.`, {
      object: location,
      hint: 'Write the object again, or set format to what it is.',
    });
  }
  const footer = startByte - bytes.readUInt32LE(0);
  if (footer > 0) return footer;
  throw new CopydockError('archive_damaged', `${location}: its footer is larger than itself.`, {
    object: location,
  });
}

async function writeFile(
  object: PinnedObject,
  { temp, signal }: ReadTools,
  sizeBytes: number,
  write: (file: FileHandle) => Promise<void>,
): Promise<TempFile> {
  const reserved = await temp.open(sizeBytes, objectLocation(object), signal);
  try {
    const file = await open(reserved.path, 'w', 0o600);
    await write(file).finally(() => file.close());
    return reserved;
  } catch (error) {
    await reserved.remove();
    throw error;
  }
}

async function copyRange(
  object: PinnedObject,
  range: ReadRange,
  { s3, signal, onBytes }: ReadTools,
  file: FileHandle,
): Promise<void> {
  let position = range.startByte;
  for await (const chunk of readPinned(s3, 'source', object, range, signal)) {
    await file.write(chunk, 0, chunk.length, position);
    position += chunk.length;
    onBytes?.(chunk.length);
  }
}
