import { channel } from 'node:diagnostics_channel';

/** Points in the life of a load within a worker, in their order. A retried or resumed load meets some of them again. */
export type StepName =
  /** The lease is this worker's; nothing else was done. A load that has ended is claimed too, to be cleaned up. */
  | 'claimed'
  /** The plan and every name that it will use are recorded; nothing by these names is made yet. */
  | 'planned'
  /** The part is recorded as cut; it is neither staged nor copied. */
  | 'part_cut'
  /** The part's object is stored and its ETag recorded. */
  | 'part_staged'
  /** The part is in the staging table and the ledger, committed; of a direct load: in the target, not committed. */
  | 'part_copied'
  /**
   * The step from staging to copying is written: every part is staged, and copied where a staging table is used; a direct
   * load may only begin now to cut its parts.
   */
  | 'copying'
  /** The point of no return for a cancel is written; nothing of the target is committed. */
  | 'committing'
  /** The rows and the row in committed_loads are written and every check is passed; COMMIT is not sent. */
  | 'applied'
  /** The answer to COMMIT has arrived; the control database does not know of it. */
  | 'committed'
  /** The terminal state is written; nothing is cleaned up. */
  | 'finished'
  /** A plan's clean-up begins; nothing of it is removed in this pass. */
  | 'cleaning'
  /** The plan's staged objects are removed; its staging table may still be there. */
  | 'objects_removed'
  /** The plan's clean-up is done and recorded. */
  | 'cleaned';

export interface StepMessage {
  step: StepName;
  /** The load's id. */
  load: string;
  part?: number;
}

const steps = channel('copydock:step');

/** Tells subscribers of `copydock:step`, before it returns, that a load has come to a step. Free without subscribers. */
export function publishStep(step: StepName, load: string, part?: number): void {
  if (!steps.hasSubscribers) return;
  const message: StepMessage = part === undefined ? { step, load } : { step, load, part };
  steps.publish(message);
}

/** Hears the steps of one load in this process; answers how to stop. `onStep` must not throw: that would end the process. */
export function watchSteps(
  load: string,
  onStep: (step: StepName, part: number | undefined) => void,
): () => void {
  const listener = (message: unknown) => {
    const { step, load: id, part } = message as StepMessage;
    if (id === load) onStep(step, part);
  };
  steps.subscribe(listener);
  return () => {
    steps.unsubscribe(listener);
  };
}
