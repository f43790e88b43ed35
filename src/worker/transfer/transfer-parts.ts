import {
  completePlan,
  type PartRow,
  readParts,
  savePart,
  sumRecords,
} from '../../postgres/control-database/plans.js';
import { openNewTable } from '../../postgres/target-database/exchange/new-table.js';
import { createStaging, readLedger } from '../../postgres/target-database/staging-table.js';
import { sumBytes } from '../../s3/list.js';
import type { LoadRun } from '../load-run.js';
import { isStaged, type Plan } from '../plan/plan-document.js';
import { publishStep } from '../steps.js';
import { copyPart } from './copy-part.js';
import { cutObjects, type FreshPart } from './cut-objects.js';
import { PartInspector } from './part-inspector.js';
import { ProgressMeter } from './progress-meter.js';
import { readStagedPart, rereadPart, stagePart } from './staged-parts.js';
import { runTaskGroup, type TaskGroup } from './task-group.js';

/**
 * Brings every part of the source into the staging bucket and, unless the strategy is `direct`, into the staging
 * table. Each part is read once, and uploaded and copied from the same memory. What an earlier owner did is taken
 * over: the ledger says what is copied, the recorded ETags what is staged. Answers all parts in order.
 */
// model: copy
export async function transferParts(run: LoadRun, plan: Plan): Promise<PartRow[]> {
  const recorded = await readParts(run.control, plan.id);
  const ledger = isStaged(plan) ? await openStaging(run, plan) : null;
  const meter = new ProgressMeter(run, startingCounts(plan, recorded, ledger));
  const parts = [...recorded];
  try {
    await runTaskGroup(run.signal, run.env.parallelism, async (group) => {
      for (const part of recorded) await resumePart(run, plan, part, ledger, group, meter);
      if (plan.partCount === null) {
        const inspector = await PartInspector.open(run, plan);
        const watchers = { onBytes: meter.addBytes, onUnknownKey: inspector.noteUnknownKey };
        for await (const fresh of cutObjects(run, plan, recorded, watchers, group.signal)) {
          inspector.inspect(fresh);
          parts.push(fresh.row);
          await startFreshPart(run, plan, fresh, ledger !== null, group, meter);
        }
        await inspector.report();
      }
    });
    if (plan.partCount === null) await completePlan(run.control, run.load, plan.id, parts.length);
    plan.partCount = parts.length;
    return parts;
  } finally {
    await meter.stop();
  }
}

async function openStaging(run: LoadRun, plan: Plan): Promise<ReadonlyMap<number, number>> {
  return run.inTarget({ schema: plan.plan.target.schema }, async (client) => {
    if (plan.plan.newTable?.isCopiedInto) await openNewTable(client, plan.plan.newTable, plan.stagingTable);
    else await createStaging(client, plan.plan.staging);
    return readLedger(client, plan.stagingTable);
  });
}

async function startFreshPart(
  run: LoadRun,
  plan: Plan,
  fresh: FreshPart,
  needsCopy: boolean,
  group: TaskGroup,
  meter: ProgressMeter,
): Promise<void> {
  const { row, body, release } = fresh;
  meter.counts.parts_cut += 1;
  meter.counts.rows_read += row.records;
  try {
    await savePart(run.control, run.load, plan.id, row);
    publishStep('part_cut', run.load.id, row.part);
  } catch (error) {
    release();
    throw error;
  }
  await startSending(run, plan, row, body, release, { needsCopy }, group, meter);
}

/** Releases the part's memory once it is sent, or where that can't begin. */
async function startSending(
  run: LoadRun,
  plan: Plan,
  part: PartRow,
  body: Buffer,
  release: () => void,
  options: { needsCopy: boolean },
  group: TaskGroup,
  meter: ProgressMeter,
): Promise<void> {
  try {
    await group.start(() => sendPart(run, plan, part, body, options, group, meter).finally(release));
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * What is left to do for a part that an earlier owner recorded. A part is read again before its task starts: reading may
 * wait for room on disk, which the producer gives free only while tasks go on.
 */
async function resumePart(
  run: LoadRun,
  plan: Plan,
  part: PartRow,
  ledger: ReadonlyMap<number, number> | null,
  group: TaskGroup,
  meter: ProgressMeter,
): Promise<void> {
  const needsCopy = ledger !== null && !ledger.has(part.part);
  if (part.etag === null) {
    const { body, slab } = await rereadPart(run, plan, part, group.signal);
    await startSending(run, plan, part, body, slab.release, { needsCopy }, group, meter);
  } else if (needsCopy) {
    await group.start(async () => {
      await copyPart(run, plan, part, readStagedPart(run, plan, part, group.signal), group.signal);
      meter.counts.parts_copied += 1;
    });
  }
}

/** Upload and COPY side by side, from the same memory; both are over when this is, whichever failed. */
async function sendPart(
  run: LoadRun,
  plan: Plan,
  part: PartRow,
  body: Buffer,
  { needsCopy }: { needsCopy: boolean },
  group: TaskGroup,
  meter: ProgressMeter,
): Promise<void> {
  const staged = stagePart(run, plan, part, body, group.signal).then(() => {
    meter.counts.parts_staged += 1;
  });
  const copied = needsCopy
    ? copyPart(run, plan, part, body, group.signal).then(() => {
        meter.counts.parts_copied += 1;
      })
    : Promise.resolve();
  const results = await Promise.allSettled([staged.catch(failFast(group)), copied.catch(failFast(group))]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

function failFast(group: TaskGroup): (error: unknown) => never {
  return (error) => {
    group.fail(error);
    throw error;
  };
}

function startingCounts(
  plan: Plan,
  recorded: readonly PartRow[],
  ledger: ReadonlyMap<number, number> | null,
) {
  return {
    source_objects: plan.plan.objects.length,
    source_bytes: sumBytes(plan.plan.objects),
    bytes_read: Math.min(sumBytes(recorded), sumBytes(plan.plan.objects)),
    rows_read: sumRecords(recorded),
    parts_cut: recorded.length,
    parts_staged: recorded.filter(({ etag }) => etag !== null).length,
    parts_copied: ledger?.size ?? 0,
  };
}
