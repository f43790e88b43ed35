import { setTimeout as sleep } from 'node:timers/promises';
import { CopydockError } from '../../loads/errors.js';
import { isUpsert, type Receipt } from '../../loads/load.js';
import { holdsLease } from '../../postgres/control-database/claims.js';
import { classifyDatabaseError } from '../../postgres/sqlstate.js';
import {
  checkOrder,
  type FencedLoad,
  findOtherDataSet,
  raiseFence,
  readCommitted,
} from '../../postgres/target-database/fence.js';
import { endLeftBackends } from '../../postgres/target-database/zombies.js';
import { LoadStopped } from '../lease/lease.js';
import type { LoadRun } from '../load-run.js';

const FENCE_LOCK_TIMEOUT_MS = 2_000;
const MAX_TRIES = 10;

export function fencedLoad(run: LoadRun): FencedLoad {
  const { id, loadOrder, scopeTable, scopeKey, request } = run.load;
  return {
    loadId: id,
    loadOrder,
    scope: { table: scopeTable, key: scopeKey },
    controlId: run.deps.controlId,
    isOrderFree: request.load_type === 'delta' && !isUpsert(request),
  };
}

/**
 * The claim of docs/commit-protocol.md: raises the scope's token, ends what earlier owners of this load left in the
 * target, and only then asks whether the load was applied. A receipt means it was; null means that it was not and
 * never will be by an older token.
 *
 * Hazard: a worker that slept before the raise, past the end of its lease, raises the token above its successor's. So the
 * control database is asked after the raise: where the lease still stands, whoever takes it over will raise later.
 */
// model: claim, claim_end_backends
export async function claimScope(
  run: LoadRun,
  signal: AbortSignal,
): Promise<{ token: number; applied: Receipt | null }> {
  const token = await raiseWithRetries(run, signal);
  await endLeftBackends(await run.target(), run.identity, signal);
  if (!(await holdsLease(run.control, run.load))) throw new LoadStopped('lease_lost');
  return {
    token,
    applied: await run.inTarget({ lockTimeoutMs: FENCE_LOCK_TIMEOUT_MS, signal }, (client) =>
      readCommitted(client, run.load.id),
    ),
  };
}

/** Whether the load, not applied yet, may be: nothing newer was, and no other data set has a claim to the table. */
export async function checkTurn(run: LoadRun): Promise<void> {
  const { targetTable, dataSet, request, scopeKey } = run.load;
  const isWhole = request.load_type === 'full' && scopeKey === '*';
  const other = await run.inTarget({ lockTimeoutMs: FENCE_LOCK_TIMEOUT_MS }, async (client) => {
    await checkOrder(client, fencedLoad(run));
    return isWhole ? findOtherDataSet(client, targetTable, dataSet) : null;
  });
  if (other === null) return;
  throw new CopydockError(
    'scope_conflict',
    `Data set ${other} has loaded into ${targetTable}; a full load of ${dataSet} would delete its rows.`,
    {
      hint: `Name the column that tells them apart in the configuration: tables.${targetTable}.scope_column.`,
    },
  );
}

/** A backend that an earlier owner left may hold the fence's lock: then it is ended first. */
async function raiseWithRetries(run: LoadRun, signal: AbortSignal): Promise<number> {
  const pool = await run.target();
  for (let tries = 1; ; tries += 1) {
    try {
      return await run.inTarget({ lockTimeoutMs: FENCE_LOCK_TIMEOUT_MS, signal }, (client) =>
        raiseFence(client, fencedLoad(run)),
      );
    } catch (error) {
      const classified = classifyDatabaseError(error);
      if (classified.code !== 'target_busy' || tries >= MAX_TRIES) throw classified;
      await endLeftBackends(pool, run.identity, signal);
      await sleep(50 * tries, undefined, { signal });
    }
  }
}
