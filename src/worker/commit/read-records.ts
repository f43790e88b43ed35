import type { PartRow } from '../../postgres/control-database/plans.js';
import { readRejectedNumbers } from '../../postgres/target-database/rejects/reject-table.js';
import { parseRecord } from '../cut/parse-record.js';
import type { LoadRun } from '../load-run.js';
import { type Plan, readingOf } from '../plan/plan-document.js';
import { decodeText } from '../read/encoding-names.js';
import { isConverted } from '../read/reading.js';
import { type RecordBytes, splitOpenRecords, splitRecords } from '../read/split-records.js';
import { lineEndOf } from '../transfer/locate-record.js';
import { readWholePart } from '../transfer/staged-parts.js';

export interface SourceRecord {
  /** Physical line of the object where the record begins; of a converted object the record's own number. */
  number: number;
  values: (string | null)[];
}

/**
 * Parses a staged part record by record, in JavaScript: slow, and only for saying where a bad record stands. Parts
 * that do not hold `text` at all are passed over, and so are records that were rejected.
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
  const rejected = await findRejected(run, plan, part);
  const countsRecords = isConverted(readingOf(plan));
  let records = 0;
  for (const { record, linesBefore } of splitPart(plan, part, body)) {
    const number = part.firstLine + (countsRecords ? records : linesBefore);
    if (!rejected.has(records)) {
      yield { number, values: parseRecord(decodeText(record, dialect.encoding), dialect) };
    }
    records += 1;
  }
}

function splitPart({ plan: { dialect } }: Plan, part: PartRow, body: Buffer): Iterable<RecordBytes> {
  const lineEnd = lineEndOf(part, body, dialect);
  return part.hasOpenQuotes
    ? splitOpenRecords(body, dialect, lineEnd)
    : splitRecords(body, dialect, { isWhole: true, lineEnd });
}

/** Numbers, from 0, of the part's records that are not in the staging table, as far as they are kept. */
async function findRejected(run: LoadRun, plan: Plan, part: PartRow): Promise<ReadonlySet<number>> {
  if (plan.plan.staging.keepsRejects !== true) return new Set();
  return run.inTarget({ isUnlogged: true }, (client) =>
    readRejectedNumbers(client, plan.stagingTable, part.part),
  );
}
