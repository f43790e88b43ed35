import { type PartRow, readParts } from '../../postgres/control-database/plans.js';
import type { LoadRun } from '../load-run.js';
import type { Plan } from '../plan/plan-document.js';
import { cutFreshParts } from './fresh-parts.js';
import { ProgressMeter } from './progress-meter.js';
import { type Held, ReadAhead } from './read-ahead.js';
import { readStagedPart, rereadPart, stagePart } from './staged-parts.js';
import { startingCounts } from './starting-counts.js';
import { runTaskGroup, type TaskGroup } from './task-group.js';

/** A part on its way into COPY: from the memory that it is staged from, or from where it was staged before. */
export interface StreamedPart extends Held {
  row: PartRow;
  columns: readonly string[];
  body: Buffer | AsyncIterable<Buffer>;
}

/** One part is copied, one is ready, and one is being cut. */
const PARTS_AHEAD = 1;

/**
 * Hands out every part of the source, in order, to one consumer, while the same memory is uploaded to the staging bucket.
 * Parts that an earlier try has staged are read from there. Answers what `use` does, and the parts, all of them staged.
 * `use` is given a signal that ends with `outer` and with the first failure of either side.
 */
export async function streamParts<T>(
  run: LoadRun,
  plan: Plan,
  outer: AbortSignal,
  use: (parts: AsyncIterable<StreamedPart>, signal: AbortSignal, meter: ProgressMeter) => Promise<T>,
): Promise<{ result: T; parts: PartRow[] }> {
  const recorded = await readParts(run.control, plan.id);
  const meter = new ProgressMeter(run, startingCounts(plan, recorded, null));
  const parts: PartRow[] = [];
  const results: T[] = [];
  try {
    await runTaskGroup(outer, run.env.parallelism, async (group) => {
      const ahead = new ReadAhead(sendParts(run, plan, recorded, group, meter), PARTS_AHEAD);
      try {
        results.push(await use(noteParts(ahead.items(), parts), group.signal, meter));
      } catch (error) {
        group.fail(error);
      } finally {
        await ahead.stop();
      }
    });
  } finally {
    await meter.stop();
  }
  const [result] = results as [T];
  return { result, parts };
}

async function* noteParts(
  source: AsyncIterable<StreamedPart>,
  parts: PartRow[],
): AsyncGenerator<StreamedPart> {
  for await (const part of source) {
    parts.push(part.row);
    yield part;
  }
}

async function* sendParts(
  run: LoadRun,
  plan: Plan,
  recorded: readonly PartRow[],
  group: TaskGroup,
  meter: ProgressMeter,
): AsyncGenerator<StreamedPart> {
  for (const row of recorded) {
    if (row.etag !== null) {
      const body = readStagedPart(run, plan, row, group.signal);
      yield { row, columns: row.columns, body, release: () => {} };
    } else {
      const { body, slab } = await rereadPart(run, plan, row, group.signal);
      yield await startUpload(run, plan, { row, body, release: slab.release }, group, meter);
    }
  }
  for await (const fresh of cutFreshParts(run, plan, recorded, meter, group.signal)) {
    yield await startUpload(run, plan, fresh, group, meter);
  }
}

/** The memory is let go when the part is uploaded and its receiver has released it. */
async function startUpload(
  run: LoadRun,
  plan: Plan,
  { row, body, release }: Held & { row: PartRow; body: Buffer },
  group: TaskGroup,
  meter: ProgressMeter,
): Promise<StreamedPart> {
  let holders = 2;
  const letGo = () => {
    holders -= 1;
    if (holders === 0) release();
  };
  const upload = async () => {
    await stagePart(run, plan, row, body, group.signal);
    meter.counts.parts_staged += 1;
  };
  try {
    await group.start(() => upload().finally(letGo));
  } catch (error) {
    release();
    throw error;
  }
  return { row, columns: row.columns, body, release: letGo };
}
