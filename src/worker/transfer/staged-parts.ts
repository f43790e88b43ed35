import { CopydockError } from '../../loads/errors.js';
import { markPartStaged, type PartRow } from '../../postgres/control-database/plans.js';
import type { RemoteObject } from '../../postgres/target-database/import-object.js';
import type { PinnedObject } from '../../s3/list.js';
import { checkPinned, readPinned } from '../../s3/read.js';
import { putStagedObject } from '../../s3/write.js';
import type { Slab } from '../cut/slab-pool.js';
import type { LoadRun } from '../load-run.js';
import { type Plan, partKey, readingOf } from '../plan/plan-document.js';
import { openObjectAt } from '../read/open-object.js';
import type { OpenedObject } from '../read/reading.js';
import { publishStep } from '../steps.js';

/** Uploads a part to the staging bucket and records that it is there. */
export async function stagePart(
  run: LoadRun,
  plan: Plan,
  part: PartRow,
  body: Buffer,
  signal: AbortSignal,
): Promise<void> {
  const etag = await putStagedObject(run.deps.s3, {
    bucket: plan.stagingBucket,
    key: partKey(plan, part.part),
    body,
    signal,
  });
  await markPartStaged(run.control, run.load, plan.id, part.part, etag);
  part.etag = etag;
  publishStep('part_staged', run.load.id, part.part);
}

/** Reads a staged part back. One that is missing or has changed is forgotten, so that the next try stages it anew. */
export async function* readStagedPart(
  run: LoadRun,
  plan: Plan,
  part: PartRow,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const object = stagedObject(plan, part);
  try {
    yield* readPinned(run.deps.s3, 'staging', object, { startByte: 0, endByte: part.sizeBytes }, signal);
  } catch (error) {
    await forgetChanged(run, plan, part, error);
    throw error;
  }
}

/**
 * A staged part for the database to fetch, which can't compare ETags: so the object is looked at right before. One that is
 * missing or has changed is forgotten.
 */
export async function pointToStagedPart(
  run: LoadRun,
  plan: Plan,
  part: PartRow,
  signal: AbortSignal,
): Promise<RemoteObject> {
  const object = stagedObject(plan, part);
  try {
    await checkPinned(run.deps.s3, 'staging', object, signal);
  } catch (error) {
    await forgetChanged(run, plan, part, error);
    throw error;
  }
  const { bucket, key, sizeBytes } = object;
  return { bucket, key, sizeBytes, region: run.deps.config.s3.region };
}

function stagedObject(plan: Plan, { part, etag, sizeBytes }: PartRow): PinnedObject {
  if (etag === null) throw new Error(`part ${part} is not staged`);
  return { bucket: plan.stagingBucket, key: partKey(plan, part), etag, sizeBytes };
}

async function forgetChanged(run: LoadRun, plan: Plan, { part }: PartRow, error: unknown): Promise<void> {
  if (!(error instanceof CopydockError) || error.code !== 'staged_object_changed') return;
  await markPartStaged(run.control, run.load, plan.id, part, null);
}

/** A part in memory, from the source where it was never staged: only for saying where a bad record stands. */
export async function readWholePart(run: LoadRun, plan: Plan, part: PartRow): Promise<Buffer> {
  const chunks: Buffer[] = [];
  if (part.etag !== null) {
    for await (const chunk of readStagedPart(run, plan, part, run.signal)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
  const opened = await openPart(run, plan, part, run.signal);
  try {
    for await (const chunk of opened.records) chunks.push(chunk);
    return Buffer.concat(chunks);
  } finally {
    await opened.close();
  }
}

async function openPart(run: LoadRun, plan: Plan, part: PartRow, signal: AbortSignal): Promise<OpenedObject> {
  const object = plan.plan.objects[part.objectIndex];
  if (object === undefined) throw new Error(`part ${part.part} names no object`);
  const tools = { s3: run.deps.s3, temp: run.deps.temp, signal };
  const opened = await openObjectAt(object, part.startByte, readingOf(plan), tools, part.sizeBytes);
  if (opened === null) throw new Error(`part ${part.part} is of an object that holds nothing`);
  return opened;
}

/** Reads a part's bytes from the source again: for a part that was cut, but whose upload was never finished. */
export async function rereadPart(
  run: LoadRun,
  plan: Plan,
  part: PartRow,
  signal: AbortSignal,
): Promise<{ body: Buffer; slab: Slab }> {
  const opened = await openPart(run, plan, part, signal);
  try {
    return await readIntoSlab(run, part, opened.records, signal);
  } finally {
    await opened.close();
  }
}

async function readIntoSlab(
  run: LoadRun,
  part: PartRow,
  records: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<{ body: Buffer; slab: Slab }> {
  const slab = await run.deps.slabs.acquire(signal);
  try {
    const fits = part.sizeBytes <= slab.bytes.length;
    const body = fits ? slab.bytes.subarray(0, part.sizeBytes) : Buffer.allocUnsafeSlow(part.sizeBytes);
    let length = 0;
    for await (const chunk of records) length += chunk.copy(body, length);
    if (length < part.sizeBytes) throw new Error(`part ${part.part} ends early`);
    return { body, slab };
  } catch (error) {
    slab.release();
    throw error;
  }
}
