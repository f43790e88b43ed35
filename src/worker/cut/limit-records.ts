import type { CutPart } from './cut-parts.js';
import type { CsvDialect } from './dialect.js';
import { scannerOptions } from './line-end.js';
import { RecordScanner } from './record-scanner.js';
import { splitLeniently } from './split-leniently.js';

/** Cuts a part down to its first records; a part of at most so many stays as it is. */
export function limitRecords(part: CutPart, records: number, dialect: CsvDialect): CutPart {
  if (part.records <= records) return part;
  const options = scannerOptions(dialect, part.lineEnd);
  if (part.hasOpenQuotes) {
    const { ends, lines } = splitLeniently(part.body, options, true);
    return {
      ...part,
      body: part.body.subarray(0, ends[records - 1]),
      records,
      lineCount: lines[records] ?? 0,
    };
  }
  const scanner = new RecordScanner(options);
  for (let at = 0; at < part.body.length && scanner.records < records; at += 1)
    scanner.scan(part.body, at, at + 1);
  return {
    ...part,
    body: part.body.subarray(0, scanner.recordEnd),
    records: scanner.records,
    lineCount: scanner.linesAtRecordEnd,
  };
}
