import { Buffer } from 'node:buffer';
import { writeRecord } from '../../loads/write-record.js';
import { classifyDatabaseError } from '../../postgres/sqlstate.js';
import { copyIn, copyStatement } from '../../postgres/target-database/copy-in.js';
import { createStaging, intoStaging } from '../../postgres/target-database/staging-table.js';
import { estimateChangedShare } from '../../postgres/target-database/strategies/estimate-change.js';
import type { LoadRun } from '../load-run.js';
import { CONVERTED_DIALECT } from '../read/csv-writer.js';
import type { Source } from './find-source.js';
import type { FirstLook } from './look-at-source.js';
import type { PlannedTable } from './planned-table.js';
import { sampleRecords } from './sample-records.js';

/** Carries what was found out of a transaction that is rolled back. */
class Sampled extends Error {
  readonly share: number | null;

  constructor(share: number | null) {
    super('the sample is not kept');
    this.share = share;
  }
}

/**
 * The share, 0 to 1, of the first records of the source that the target lacks or holds otherwise. null where that can't be
 * said: of Parquet, whose first rows cost reading all of it, and of records that the table does not take, which fail the
 * load once they are copied.
 */
export async function sampleChangedShare(
  run: LoadRun,
  source: Source,
  planned: PlannedTable,
): Promise<number | null> {
  const { first } = source;
  if (first === null || first.reading.format === 'parquet') return null;
  try {
    return await compareSample(run, planned, first, await sampleRecords(run, source, first));
  } catch (error) {
    if (error instanceof Sampled) return error.share;
    run.signal.throwIfAborted();
    const classified = classifyDatabaseError(error);
    if (classified.retryable) throw classified;
    run.logger.debug({ err: error }, 'no sample was compared');
    return null;
  }
}

/** The sample stands in a table like the staging table, which nobody else ever sees. Throws what it found. */
function compareSample(
  run: LoadRun,
  { table, columns, scope, staging }: PlannedTable,
  { head }: FirstLook,
  records: readonly (string | null)[][],
): Promise<never> {
  return run.inTarget({ schema: table.name.schema, isUnlogged: true }, async (client) => {
    await createStaging(client, staging);
    const options = { ...CONVERTED_DIALECT, forceNull: columns.forceNull };
    const statement = copyStatement(intoStaging(staging, head.columns, options));
    await copyIn(client, statement, Buffer.from(records.map(writeRecord).join('')), run.signal);
    const share = await estimateChangedShare(client, {
      target: { name: table.name, primaryKey: table.primaryKey },
      staging,
      scope,
      columns: columns.loaded,
      table,
      stagedRows: records.length,
    });
    throw new Sampled(share);
  });
}
