import type { CsvOptions, LoadRequest } from '../../loads/load.js';
import { objectLocation, type PinnedObject } from '../../s3/list.js';
import { type Head, peelHead } from '../cut/head.js';
import { ByteReader } from '../read/byte-reader.js';
import type { Compression } from '../read/compression.js';
import { CONVERTED_DIALECT } from '../read/csv-writer.js';
import { detectDialect } from '../read/detect-dialect.js';
import { resolveEncoding } from '../read/encoding-names.js';
import { convertJsonLines, jsonColumns } from '../read/json-lines.js';
import { openObject } from '../read/open-object.js';
import { openBytes } from '../read/raw-bytes.js';
import { convertedHead, type Reading, type ReadTools } from '../read/reading.js';
import { formatEnding, formatOfName, formatOfStart, type SourceFormat } from '../read/source-format.js';
import { takeLines } from '../read/take-lines.js';
import { openText } from '../read/text.js';

/** Enough for a header, for what is detected, and for the sample that a CREATE TABLE is proposed from. */
export const SAMPLE_BYTES = 256 * 1024;

/** What the first object that holds anything tells of all. */
export interface FirstLook {
  reading: Reading;
  head: Head;
  /** Records after the head, as CSV; the last one may be cut off. Empty for Parquet. */
  sample: Buffer;
  compression: Compression | null;
  /** One line for the load's log, or null. */
  message: string | null;
}

export interface LookOptions {
  format: LoadRequest['format'];
  csv: CsvOptions;
}

/** Finds out how an object is written; null where it holds nothing. */
export async function lookAtObject(
  object: PinnedObject,
  options: LookOptions,
  tools: ReadTools,
): Promise<FirstLook | null> {
  const named = options.format ?? formatOfName(object.key);
  if (named === 'parquet') return lookAtParquet(object, options, tools);
  const bytes = await openBytes({ s3: tools.s3, object, signal: tools.signal, isHeadOnly: true });
  try {
    const encoding = resolveEncoding(options.csv.encoding);
    const text = await openText(bytes.chunks, encoding, objectLocation(object));
    const found = await lookAtText(object, options, new ByteReader(text.chunks), tools);
    return found && { ...found, compression: bytes.compression };
  } finally {
    await bytes.close();
  }
}

async function lookAtText(
  object: PinnedObject,
  options: LookOptions,
  reader: ByteReader,
  tools: ReadTools,
): Promise<FirstLook | null> {
  try {
    const sample = await takeSample(reader);
    if (sample.text.length === 0) return null;
    const named = options.format ?? formatOfStart(sample.text, formatEnding(object.key));
    const format = named ?? formatOfName(object.key);
    if (format === 'parquet') return await lookAtParquet(object, options, tools);
    if (format === 'csv') return await lookAtCsv(object, options, sample);
    reader.giveBack(sample.text);
    return await lookAtJsonLines(object, options, await takeLines(reader, SAMPLE_BYTES));
  } finally {
    await reader.close();
  }
}

interface Sample {
  /** Without its byte order mark. */
  text: Buffer;
  isWhole: boolean;
}

async function takeSample(reader: ByteReader): Promise<Sample> {
  const text = await reader.takeUpTo(SAMPLE_BYTES);
  const isWhole = !(await reader.has(1));
  return { text: text.indexOf('\ufeff') === 0 ? text.subarray(Buffer.byteLength('\ufeff')) : text, isWhole };
}

async function lookAtCsv(
  object: PinnedObject,
  { csv }: LookOptions,
  { text, isWhole }: Sample,
): Promise<FirstLook | null> {
  const { dialect, message } = detectDialect(csv, text, isWhole, formatEnding(object.key));
  const peeled = await peelHead(only(text), dialect, objectLocation(object));
  if (peeled === null) return null;
  await peeled.close();
  const reading = { ...describe('csv', csv), dialect };
  return {
    reading,
    head: peeled.head,
    sample: text.subarray(peeled.head.dataStart),
    compression: null,
    message,
  };
}

async function lookAtJsonLines(
  object: PinnedObject,
  { csv }: LookOptions,
  lines: Buffer,
): Promise<FirstLook | null> {
  const location = objectLocation(object);
  const columns = await jsonColumns(only(lines), location);
  const options = { columns, location, onUnknownKey: () => {}, lateColumns: [], counted: { records: 0 } };
  const sample: Buffer[] = [];
  for await (const chunk of convertJsonLines(only(lines), options)) sample.push(chunk);
  if (options.counted.records === 0) return null;
  const message = `Read as JSON Lines: the first ${options.counted.records} records have the keys ${columns.join(', ')}`;
  const reading = { ...describe('jsonl', csv), columns };
  return { reading, head: convertedHead(columns), sample: Buffer.concat(sample), compression: null, message };
}

async function lookAtParquet(
  object: PinnedObject,
  { csv }: LookOptions,
  tools: ReadTools,
): Promise<FirstLook | null> {
  const reading = describe('parquet', csv);
  const opened = await openObject(object, reading, tools, { isHeadOnly: true });
  if (opened === null) return null;
  await opened.close();
  const { head } = opened;
  const message = `Read as Parquet: its columns are ${head.columns.join(', ')}`;
  return { reading, head, sample: Buffer.alloc(0), compression: null, message };
}

function describe(format: SourceFormat, csv: CsvOptions): Reading {
  return {
    format,
    encoding: resolveEncoding(csv.encoding),
    dialect: CONVERTED_DIALECT,
    columns: [],
    lateColumns: [],
    respelledNulls: null,
  };
}

async function* only(bytes: Buffer): AsyncGenerator<Buffer> {
  if (bytes.length > 0) yield bytes;
}
