import type { Facts } from './facts.js';

/** A broken promise. */
export interface Violation {
  rule: string;
  /** The tag of the load that it is about. */
  load?: string;
  detail: string;
}

const TERMINAL = ['succeeded', 'failed', 'cancelled'];
/** What the injected faults may cost a load that is as it should be: it is refused, or given up after many tries. */
const COST_OF_FAULTS = [
  'superseded',
  'target_unreachable',
  'target_busy',
  's3_unavailable',
  'worker_lost',
  'source_access_denied',
  'staging_access_denied',
  'staging_lost',
  'staged_object_changed',
  'unavailable',
];

/** Every load that was accepted is known and has ended; one key is one load. */
export function checkAccepted({ played, loads }: Facts): Violation[] {
  const rule = 'accepted loads end';
  const known = new Set(loads.map(({ id }) => id));
  const violations: Violation[] = [];
  for (const { load, ids, refusal } of played) {
    if (refusal !== null)
      violations.push({ rule, load: load.tag, detail: `refused: ${JSON.stringify(refusal)}` });
    if (ids.size > 1)
      violations.push({ rule, load: load.tag, detail: `one key, two loads: ${[...ids].join(', ')}` });
    for (const id of ids) {
      if (!known.has(id))
        violations.push({ rule, load: load.tag, detail: `${id} was accepted and forgotten` });
    }
  }
  for (const { tag, status, isLeased } of loads) {
    if (!TERMINAL.includes(status)) violations.push({ rule, load: tag, detail: `it is still ${status}` });
    if (isLeased) violations.push({ rule, load: tag, detail: 'a lease was left on it' });
  }
  const seen = new Set<string>();
  for (const { tag } of loads) {
    if (seen.has(tag)) violations.push({ rule, load: tag, detail: 'it was stored more than once' });
    seen.add(tag);
  }
  return violations;
}

/** What is bad never succeeds; what is good fails only for what the faults did. */
export function checkOutcomes({ played, loads }: Facts): Violation[] {
  const rule = 'outcomes fit';
  const byTag = new Map(played.map(({ load }) => [load.tag, load]));
  return loads.flatMap(({ tag, status, errorCode }) => {
    const load = byTag.get(tag);
    if (load === undefined) return [{ rule, load: tag, detail: 'nobody submitted it' }];
    if (load.flaw !== null && !load.isMended) {
      return status === 'succeeded'
        ? [{ rule, load: tag, detail: `it succeeded in spite of ${load.flaw}` }]
        : [];
    }
    if (status !== 'failed' || load.flaw !== null || COST_OF_FAULTS.includes(errorCode ?? '')) return [];
    return [{ rule, load: tag, detail: `a good load failed with ${errorCode}` }];
  });
}

/** A load that was promised to stop never succeeds, unless it is tried again. */
export function checkCancels({ played }: Facts): Violation[] {
  return played.flatMap(({ load, isCancelTaken, endAfterCancel }) =>
    isCancelTaken && endAfterCancel === 'succeeded'
      ? [{ rule: 'cancels are kept', load: load.tag, detail: 'it succeeded after its cancel was taken' }]
      : [],
  );
}

/** Both APIs say the same as the control database, on every path that a sensor asks. */
export function checkAnswers({ loads, answers }: Facts): Violation[] {
  const rule = 'the API tells the truth';
  return loads.flatMap(({ id, tag, status, attempt }) =>
    (answers.get(id) ?? []).flatMap((answer) => {
      const gate = status === 'succeeded' ? 200 : 409;
      const told = answer.status;
      const isRight =
        told.status === status &&
        told.attempt === attempt &&
        answer.gate.http === gate &&
        answer.settled.http === 200 &&
        answer.settled.status === status;
      return isRight ? [] : [{ rule, load: tag, detail: `it is ${status}, but: ${JSON.stringify(answer)}` }];
    }),
  );
}

/** Neither loads nor processes leave anything, and no process ends by itself. */
export function checkLitter({ litter, processFaults }: Facts): Violation[] {
  const left = Object.entries(litter).filter(([, found]) =>
    Array.isArray(found) ? found.length > 0 : found > 0,
  );
  return [
    ...left.map(([what, found]) => ({ rule: 'no litter', detail: `${what}: ${JSON.stringify(found)}` })),
    ...processFaults.map((detail) => ({ rule: 'processes end as they should', detail })),
  ];
}
