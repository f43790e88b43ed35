import { parseRecord } from '../cut/parse-record.js';
import type { LoadRun } from '../load-run.js';
import { CONVERTED_DIALECT } from '../read/csv-writer.js';
import { decodeText } from '../read/encoding-names.js';
import { openObject } from '../read/open-object.js';
import { isConverted } from '../read/reading.js';
import { splitRecords } from '../read/split-records.js';
import type { Source } from './find-source.js';
import { type FirstLook, SAMPLE_BYTES } from './look-at-source.js';

const MAX_RECORDS = 1_000;

/** The first records as text values, for guessing types. One that the sample's end cuts off is left out. */
export async function sampleRecords(
  run: LoadRun,
  source: Source,
  { reading, head, sample }: FirstLook,
): Promise<(string | null)[][]> {
  const dialect = isConverted(reading) ? CONVERTED_DIALECT : reading.dialect;
  const text = reading.format === 'parquet' ? await sampleParquet(run, source, reading) : sample;
  const records: (string | null)[][] = [];
  for (const { record } of splitRecords(text, dialect, { isWhole: false, lineEnd: head.lineEnd })) {
    records.push(parseRecord(decodeText(record, dialect.encoding), dialect));
    if (records.length === MAX_RECORDS) break;
  }
  return records;
}

async function sampleParquet(
  run: LoadRun,
  { heads: [first] }: Source,
  reading: FirstLook['reading'],
): Promise<Buffer> {
  if (first === undefined) return Buffer.alloc(0);
  const tools = { s3: run.deps.s3, temp: run.deps.temp, signal: run.signal };
  const opened = await openObject(first.object, reading, tools);
  const sample: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of opened?.records ?? []) {
      sample.push(chunk);
      sizeBytes += chunk.length;
      if (sizeBytes >= SAMPLE_BYTES) break;
    }
  } finally {
    await opened?.close();
  }
  return Buffer.concat(sample);
}
