import type { S3Client } from '@aws-sdk/client-s3';
import type { CsvDialect } from '../cut/dialect.js';
import type { Head } from '../cut/head.js';
import type { Compression } from './compression.js';
import type { SourceFormat } from './source-format.js';
import type { TempSpace } from './temp-space.js';
import type { TextEncoding } from './text.js';

/** How source objects are written: all that is to be known to read them, always in the same way. */
export interface Reading {
  format: SourceFormat;
  encoding: TextEncoding;
  /** Of CSV, as the objects have it. */
  dialect: CsvDialect;
  /** Of JSON Lines: what each record becomes. */
  columns: string[];
  /** Of JSON Lines: columns of the target that no first record had; a later one must not have them, either. */
  lateColumns: string[];
  /** Of CSV: the columns whose NULLs and empty fields are spelled anew, or null. */
  respelledNulls: string[] | null;
}

export interface ReadTools {
  s3: S3Client;
  temp: TempSpace;
  signal: AbortSignal;
  onBytes?: (count: number) => void;
  /** JSON Lines: is told of each key, once per object, that no column takes. */
  onUnknownKey?: (key: string) => void;
}

/** An object from its head on. `close` lets go of it, read to its end or not. */
export interface OpenedObject {
  head: Head;
  /** What follows the head, as CSV records for the cutter. */
  records: AsyncIterable<Buffer>;
  /** Offsets in the records, with what stands before them, are those of the object itself. */
  isVerbatim: boolean;
  compression: Compression | null;
  /** How many records the reader itself has counted so far, for formats that are converted; else null. */
  countRecords: (() => number) | null;
  close(): Promise<void>;
}

/** Converted records have no header, and their lines are counted as records, from 1. */
export function convertedHead(columns: string[]): Head {
  return { columns, dataStart: 0, firstLine: 1, lineEnd: 'lf' };
}

/** Whether the objects' own records are others than those that are cut: then places are told by record, not by line. */
export function isConverted({ format }: Pick<Reading, 'format'>): boolean {
  return format !== 'csv';
}
