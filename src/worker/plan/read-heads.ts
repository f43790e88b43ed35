import { objectLocation, type PinnedObject } from '../../s3/list.js';
import { ByteReader } from '../read/byte-reader.js';
import type { Compression } from '../read/compression.js';
import { jsonColumns } from '../read/json-lines.js';
import { openObject } from '../read/open-object.js';
import { openBytes } from '../read/raw-bytes.js';
import type { Reading, ReadTools } from '../read/reading.js';
import { takeLines } from '../read/take-lines.js';
import { openText } from '../read/text.js';
import { runTaskGroup } from '../transfer/task-group.js';

/** What an object has, told by its head alone. */
export interface ObjectHead {
  object: PinnedObject;
  columns: string[];
  compression: Compression | null;
}

const HEADS_AT_A_TIME = 8;
const JSON_SAMPLE_BYTES = 64 * 1024;

/** The heads of all objects that hold anything, in their order. Small requests, side by side. */
export async function readHeads(
  objects: readonly PinnedObject[],
  reading: Reading,
  tools: ReadTools,
): Promise<ObjectHead[]> {
  const heads: (ObjectHead | null)[] = objects.map(() => null);
  await runTaskGroup(tools.signal, HEADS_AT_A_TIME, async (group) => {
    for (const [index, object] of objects.entries()) {
      await group.start(async () => {
        heads[index] = await readHead(object, reading, { ...tools, signal: group.signal });
      });
    }
  });
  return heads.filter((head) => head !== null);
}

async function readHead(
  object: PinnedObject,
  reading: Reading,
  tools: ReadTools,
): Promise<ObjectHead | null> {
  if (object.sizeBytes === 0) return null;
  if (reading.format === 'jsonl') return readJsonHead(object, reading, tools);
  const opened = await openObject(object, reading, tools, { isHeadOnly: true });
  if (opened === null) return null;
  await opened.close();
  return { object, columns: opened.head.columns, compression: opened.compression };
}

async function readJsonHead(object: PinnedObject, reading: Reading, tools: ReadTools): Promise<ObjectHead> {
  const location = objectLocation(object);
  const bytes = await openBytes({ s3: tools.s3, object, signal: tools.signal, isHeadOnly: true });
  try {
    const text = await openText(bytes.chunks, reading.encoding, location);
    const reader = new ByteReader(text.chunks);
    const lines = await takeLines(reader, JSON_SAMPLE_BYTES);
    await reader.close();
    const columns = await jsonColumns(only(lines), location);
    return { object, columns, compression: bytes.compression };
  } finally {
    await bytes.close();
  }
}

async function* only(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
