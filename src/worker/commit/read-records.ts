import type { PartRow } from '../../postgres/control-database/plans.js';
import { decodeText } from '../cut/dialect.js';
import { findLineEnd, scannerOptions } from '../cut/line-end.js';
import { parseRecord } from '../cut/parse-record.js';
import { RecordScanner } from '../cut/record-scanner.js';
import type { LoadRun } from '../load-run.js';
import type { Plan } from '../plan/plan-document.js';
import { readWholePart } from '../transfer/staged-parts.js';

export interface SourceRecord {
  /** Physical line of the object where the record begins. */
  line: number;
  values: (string | null)[];
}

/**
 * Parses a staged part record by record, in JavaScript: slow, and only for saying where a bad record stands. Parts
 * that do not hold `text` at all are passed over.
 */
export async function* readRecords(
  run: LoadRun,
  plan: Plan,
  part: PartRow,
  text: string,
): AsyncGenerator<SourceRecord> {
  const body = await readWholePart(run, plan, part);
  if (!body.includes(text)) return;
  const { dialect } = plan.plan;
  const scanner = new RecordScanner(scannerOptions(dialect, findLineEnd(body, 0, true, dialect) ?? 'lf'));
  let start = 0;
  let line = part.firstLine;
  for (let at = 0; at < body.length; at += 1) {
    const before = scanner.records;
    scanner.scan(body, at, at + 1);
    if (at + 1 === body.length) scanner.finish();
    if (scanner.records === before) continue;
    const record = decodeText(body.subarray(start, at + 1), dialect.encoding).replace(/\r?\n$|\r$/, '');
    yield { line, values: parseRecord(record, dialect) };
    start = at + 1;
    line = part.firstLine + scanner.linesAtRecordEnd;
  }
}
