import type { LoadStatus } from './load-status.js';

/** A load that the control database calls succeeded. */
export interface SucceededLoad {
  id: string;
  dataSet: string;
  scopeTable: string;
  scopeKey: string;
  loadOrder: number;
}

/** A row of a target's committed_loads. */
export interface CommittedLoad {
  id: string;
  dataSet: string;
  /** `schema.table/data-set`, or `schema.table/*`. */
  scope: string;
  loadOrder: number;
  /** It replaced what its scope held: earlier loads of it no longer matter. */
  isReplacement: boolean;
  /** It was applied so lately that the control database can't have forgotten it. */
  isRecent: boolean;
}

export interface Fence {
  scope: string;
  controlId: string;
  lastOrder: number;
}

/** What both databases say of the loads of one target. */
export interface Comparison {
  controlId: string;
  /** The newest order that was given to a load. */
  newestOrder: number;
  succeeded: readonly SucceededLoad[];
  committed: readonly CommittedLoad[];
  fences: readonly Fence[];
  /** Of the committed loads, as far as the control database knows them; read after `committed`. */
  statuses: ReadonlyMap<string, LoadStatus>;
}

export type FindingKind =
  | 'foreign_fence'
  | 'order_behind'
  | 'missing_in_target'
  | 'unknown_to_control'
  | 'status_differs';

export interface Finding {
  kind: FindingKind;
  /** The load, or the scope of the fence. */
  subject: string;
  detail: string;
  action: string;
}

const ADOPT = 'run copydock reconcile --adopt, if no other Copydock loads into this target';

/** Where the two databases contradict each other, as they do after one of them was restored. */
export function findContradictions(comparison: Comparison): Finding[] {
  return [
    ...findForeignFences(comparison),
    ...findOrderBehind(comparison),
    ...findMissing(comparison),
    ...comparison.committed.flatMap((load) => judgeCommitted(load, comparison)),
  ];
}

function findForeignFences({ fences, controlId }: Comparison): Finding[] {
  return fences
    .filter((fence) => fence.controlId !== controlId)
    .map(({ scope, controlId: other }) => ({
      kind: 'foreign_fence',
      subject: scope,
      detail: `belongs to the control database ${other}; loads of it fail with target_foreign`,
      action: ADOPT,
    }));
}

/** One finding for the whole target: raising the order helps all its scopes. */
function findOrderBehind({ fences, controlId, newestOrder }: Comparison): Finding[] {
  const [newest] = fences
    .filter((fence) => fence.controlId === controlId && fence.lastOrder > newestOrder)
    .sort((a, b) => b.lastOrder - a.lastOrder);
  if (newest === undefined) return [];
  return [
    {
      kind: 'order_behind',
      subject: newest.scope,
      detail: `has load order ${newest.lastOrder}, the control database is at ${newestOrder}; new loads would fail with superseded`,
      action: 'run copydock reconcile --adopt',
    },
  ];
}

function findMissing({ succeeded, committed }: Comparison): Finding[] {
  const ids = new Set(committed.map(({ id }) => id));
  return succeeded
    .filter((load) => !ids.has(load.id) && !isReplaced(load, committed))
    .map(({ id, dataSet }) => ({
      kind: 'missing_in_target',
      subject: id,
      detail: `load of ${dataSet} succeeded, but the target does not have it`,
      action: 'submit its request again as a new load, with a new idempotency key; deltas oldest first',
    }));
}

function isReplaced(
  { scopeTable, scopeKey, loadOrder }: SucceededLoad,
  committed: readonly CommittedLoad[],
): boolean {
  const scopes = [`${scopeTable}/${scopeKey}`, `${scopeTable}/*`];
  return committed.some(
    (newer) => newer.isReplacement && newer.loadOrder > loadOrder && scopes.includes(newer.scope),
  );
}

/** Loads of another control database's scopes are its own affair. One at `committing` is settled by its next worker. */
function judgeCommitted({ id, dataSet, scope, isRecent }: CommittedLoad, comparison: Comparison): Finding[] {
  const { fences, controlId, statuses } = comparison;
  const isForeign = fences.some((fence) => fence.scope === scope && fence.controlId !== controlId);
  const status = statuses.get(id);
  if (isForeign || status === 'succeeded' || status === 'committing') return [];
  if (status !== undefined) return [differs(id, dataSet, status)];
  if (!isRecent) return [];
  return [
    {
      kind: 'unknown_to_control',
      subject: id,
      detail: `load of ${dataSet} is in the target, but the control database has lost it`,
      action: 'do not submit it again: mark its run as done. It is listed until retention_days have passed',
    },
  ];
}

function differs(id: string, dataSet: string, status: LoadStatus): Finding {
  const isEnded = status === 'failed' || status === 'cancelled';
  return {
    kind: 'status_differs',
    subject: id,
    detail: `load of ${dataSet} is in the target, but ${status} in the control database`,
    action: isEnded
      ? `POST /v1/loads/${id}/retry: it is found there and ends as succeeded, without being applied again`
      : 'let a worker carry it on: it is found there and ends as succeeded, without being applied again',
  };
}
