import type { PartRow } from '../../postgres/control-database/plans.js';
import { parseRecord } from '../cut/parse-record.js';
import type { LoadRun } from '../load-run.js';
import { type Plan, readingOf } from '../plan/plan-document.js';
import { decodeText } from '../read/encoding-names.js';
import { isConverted } from '../read/reading.js';
import { splitRecords } from '../read/split-records.js';
import { readWholePart } from '../transfer/staged-parts.js';

export interface SourceRecord {
  /** Physical line of the object where the record begins; of a converted object the record's own number. */
  number: number;
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
  const countsRecords = isConverted(readingOf(plan));
  let records = 0;
  for (const { record, linesBefore } of splitRecords(body, dialect, { isWhole: true })) {
    const number = part.firstLine + (countsRecords ? records : linesBefore);
    yield { number, values: parseRecord(decodeText(record, dialect.encoding), dialect) };
    records += 1;
  }
}
