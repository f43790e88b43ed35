import type { LoadRequest } from '../../loads/load.js';
import { compressionOfName, endingOf, withoutCompression } from './compression.js';

export type SourceFormat = NonNullable<LoadRequest['format']>;

const FORMAT_BY_ENDING: Record<string, SourceFormat> = {
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  json: 'jsonl',
  geojsonl: 'jsonl',
  parquet: 'parquet',
  pq: 'parquet',
};

/** What the name says, compression left aside; everything else is CSV. */
export function formatOfName(key: string): SourceFormat {
  return FORMAT_BY_ENDING[formatEnding(key)] ?? 'csv';
}

/** `csv` of `data.csv.gz`. Spark writes the compression of Parquet before it: `part-0.snappy.parquet`. */
export function formatEnding(key: string): string {
  return endingOf(withoutCompression(key));
}

/** A warning where the name claims a compression that the content has not; the content is right. */
export function compressionMismatch(key: string, location: string, found: string | null): string | null {
  const named = compressionOfName(key);
  if (named === null || named === found) return null;
  return `${location} is named as ${named}, but its content is ${found ?? 'not compressed'}; it is read as what it is.`;
}

/** Names that say CSV, or nothing at all of what is in them. */
const TEXT_ENDINGS = new Set(['csv', 'tsv', 'tab', 'psv', 'txt', 'dat', 'text']);
const SPACE_OR_BRACE = /^\s*\{/;

/** What the content says where the name does not; null: nothing. */
export function formatOfStart(text: Buffer, ending: string): SourceFormat | null {
  if (text.toString('latin1', 0, 4) === 'PAR1') return 'parquet';
  if (ending in FORMAT_BY_ENDING || TEXT_ENDINGS.has(ending)) return null;
  return SPACE_OR_BRACE.test(text.toString('latin1', 0, 100)) ? 'jsonl' : null;
}
