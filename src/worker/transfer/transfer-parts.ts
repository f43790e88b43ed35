import { type PartRow, readParts } from '../../postgres/control-database/plans.js';
import { openNewTable } from '../../postgres/target-database/exchange/new-table.js';
import { createStaging, readLedger } from '../../postgres/target-database/staging-table.js';
import type { LoadRun } from '../load-run.js';
import { engineOf, isStaged, type Plan } from '../plan/plan-document.js';
import { copyOrSkip } from '../rejects/copy-or-skip.js';
import { cutFreshParts } from './fresh-parts.js';
import { ProgressMeter } from './progress-meter.js';
import { pointToStagedPart, readStagedPart, rereadPart, stagePart } from './staged-parts.js';
import { startingCounts } from './starting-counts.js';
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
      for await (const { row, body, release } of cutFreshParts(run, plan, recorded, meter, group.signal)) {
        parts.push(row);
        await startSending(run, plan, row, body, release, { needsCopy: ledger !== null }, group, meter);
      }
    });
    return parts;
  } finally {
    await meter.stop();
  }
}

async function openStaging(run: LoadRun, plan: Plan): Promise<ReadonlyMap<number, number>> {
  return run.inTarget({ schema: plan.plan.target.schema }, async (client) => {
    if (plan.plan.newTable?.isCopiedInto) await openNewTable(client, plan.plan.newTable, plan.plan.staging);
    else await createStaging(client, plan.plan.staging);
    return readLedger(client, plan.stagingTable);
  });
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
    await group.start(() =>
      options.needsCopy && engineOf(plan) === 'aws_s3'
        ? stageAndImport(run, plan, part, body, release, group, meter)
        : sendPart(run, plan, part, body, options, group, meter).finally(release),
    );
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
    await group.start(() => copyStaged(run, plan, part, group, meter));
  }
}

async function copyStaged(
  run: LoadRun,
  plan: Plan,
  part: PartRow,
  { signal }: TaskGroup,
  meter: ProgressMeter,
): Promise<void> {
  const body =
    engineOf(plan) === 'aws_s3'
      ? await pointToStagedPart(run, plan, part, signal)
      : readStagedPart(run, plan, part, signal);
  await copyOrSkip(run, plan, part, body, signal, meter);
  meter.counts.parts_copied += 1;
}

/** One after the other; the memory is free for the next part while the database fetches this one. */
async function stageAndImport(
  run: LoadRun,
  plan: Plan,
  part: PartRow,
  body: Buffer,
  release: () => void,
  group: TaskGroup,
  meter: ProgressMeter,
): Promise<void> {
  await stagePart(run, plan, part, body, group.signal).finally(release);
  meter.counts.parts_staged += 1;
  await copyStaged(run, plan, part, group, meter);
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
    ? copyOrSkip(run, plan, part, body, group.signal, meter).then(() => {
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
