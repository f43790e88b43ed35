import { objectLocation, type PinnedObject } from '../../s3/list.js';
import { readPinned } from '../../s3/read.js';
import { type Head, peelHead } from '../cut/head.js';
import { compressionOfName } from './compression.js';
import { convertJsonLines } from './json-lines.js';
import { openParquet } from './parquet.js';
import { openBytes } from './raw-bytes.js';
import { convertedHead, type OpenedObject, type Reading, type ReadTools } from './reading.js';
import { rewriteNulls } from './rewrite-nulls.js';
import { openText } from './text.js';

/** Opens an object; null where it holds nothing. */
export async function openObject(
  object: PinnedObject,
  reading: Reading,
  tools: ReadTools,
  { isHeadOnly = false } = {},
): Promise<OpenedObject | null> {
  if (reading.format === 'parquet') return openParquet(object, tools, { isHeadOnly });
  const location = objectLocation(object);
  const { s3, signal, onBytes } = tools;
  const bytes = await openBytes({ s3, object, signal, isHeadOnly, ...(onBytes && { onBytes }) });
  try {
    const text = await openText(bytes.chunks, reading.encoding, location);
    const { compression, close } = bytes;
    if (reading.format === 'jsonl') {
      const counted = { records: 0 };
      const onUnknownKey = tools.onUnknownKey ?? (() => {});
      const { columns, lateColumns } = reading;
      const options = { columns, lateColumns, location, onUnknownKey, counted };
      const records = convertJsonLines(text.chunks, options);
      const countRecords = () => counted.records;
      return {
        head: convertedHead(columns),
        records,
        isVerbatim: false,
        compression,
        countRecords,
        close,
      };
    }
    const peeled = await peelHead(text.chunks, reading.dialect, location);
    if (peeled === null) {
      await close();
      return null;
    }
    const { head, rest } = peeled;
    const isVerbatim = compression === null && text.isVerbatim && reading.respelledNulls === null;
    return {
      head,
      records: respell(rest, head, reading),
      isVerbatim,
      compression,
      countRecords: null,
      close,
    };
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

/**
 * The object on from an offset of its records, all that follows or so many bytes; the head is the object's own. Of an
 * object that is not read as it is stored, what stands before is read, too.
 */
export async function openObjectAt(
  object: PinnedObject,
  startByte: number,
  reading: Reading,
  tools: ReadTools,
  sizeBytes?: number,
): Promise<OpenedObject | null> {
  const opened = await openObject(object, reading, tools, { isHeadOnly: isPlain(object, reading) });
  if (opened === null) return null;
  if (!opened.isVerbatim) {
    const records = takeRange(opened.records, startByte - opened.head.dataStart, sizeBytes ?? Infinity);
    return { ...opened, records };
  }
  await opened.close();
  const range = { startByte, endByte: sizeBytes === undefined ? object.sizeBytes : startByte + sizeBytes };
  return { ...opened, records: counted(readPinned(tools.s3, 'source', object, range, tools.signal), tools) };
}

async function* counted(chunks: AsyncIterable<Buffer>, { onBytes }: ReadTools): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    onBytes?.(chunk.length);
    yield chunk;
  }
}

function respell(
  records: AsyncIterable<Buffer>,
  { columns, lineEnd }: Head,
  { dialect, respelledNulls }: Reading,
): AsyncIterable<Buffer> {
  if (respelledNulls === null) return records;
  const isForced = columns.map((column) => respelledNulls.includes(column));
  return rewriteNulls(records, { dialect, lineEnd, isForced });
}

/** A guess, which spares a request for more than the head. Parquet's head alone has no records to skip. */
function isPlain({ key }: PinnedObject, { format }: Reading): boolean {
  return format === 'csv' && compressionOfName(key) === null;
}

async function* takeRange(
  chunks: AsyncIterable<Buffer>,
  start: number,
  count: number,
): AsyncGenerator<Buffer> {
  let position = 0;
  for await (const chunk of chunks) {
    const piece = chunk.subarray(Math.max(0, start - position), Math.max(0, start + count - position));
    position += chunk.length;
    if (piece.length > 0) yield piece;
    if (position >= start + count) return;
  }
}
