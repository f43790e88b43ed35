import { setTimeout as sleep } from 'node:timers/promises';
import type { Receipt } from '../../loads/load.js';
import { type PartRow, sumRecords } from '../../postgres/control-database/plans.js';
import { reportCommitPlan, reportWaiting } from '../../postgres/control-database/transitions.js';
import { isLockTimeout } from '../../postgres/sqlstate.js';
import {
  ExchangeRefusedError,
  exchangeTables,
  SHORT_LOCK_TIMEOUT_MS,
} from '../../postgres/target-database/exchange/exchange.js';
import { findOldSnapshot } from '../../postgres/target-database/exchange/old-snapshots.js';
import type { LoadRun } from '../load-run.js';
import { type Plan, reportedPlan } from '../plan/plan-document.js';
import { applyLoad, recordApplied } from './apply-load.js';
import { checkReplacement } from './guards.js';
import { type PreparedTable, prepareNewTable } from './prepare-new-table.js';
import { pauseForLock } from './short-locks.js';
import { checkLedger } from './staged-input.js';

const SNAPSHOT_POLL_MS = 250;

/**
 * `swap` and `partition`: finishes the new table, and puts it in the old one's place in one short transaction. Where that
 * is not possible after all, the new table serves as the staging table of another strategy.
 */
export async function applyExchange(
  run: LoadRun,
  plan: Plan,
  parts: readonly PartRow[],
  token: number,
): Promise<Receipt> {
  try {
    const prepared = await prepareNewTable(run, plan, parts);
    checkReplacement(run.load.request, prepared.applied, sumRecords(parts), run.env.minKeepShare);
    await waitForSnapshots(run, plan, prepared);
    return await exchangeInTime(run, plan, parts, token, prepared);
  } catch (error) {
    if (!(error instanceof ExchangeRefusedError)) throw error;
    return applyInstead(run, plan, parts, token, error.message);
  }
}

/**
 * A transaction that keeps an older snapshot, such as pg_dump's, would find an empty table, since it can't see the rows
 * that were copied later.
 */
async function waitForSnapshots(run: LoadRun, plan: Plan, { name }: PreparedTable): Promise<void> {
  const pool = await run.target();
  const { exchangeTimeoutMs } = run.deps.config.worker;
  const giveUpAt = Date.now() + exchangeTimeoutMs;
  for (;;) {
    const snapshot = await findOldSnapshot(pool, plan.stagingTable, name);
    if (snapshot === null) return;
    const { pid, application, since } = snapshot;
    const who = `pid ${pid}${application === '' ? '' : ` (${application})`}${since === null ? '' : ` since ${since.toISOString()}`}`;
    if (Date.now() >= giveUpAt) {
      throw new ExchangeRefusedError(
        `${who} has a snapshot older than the new rows for more than ${exchangeTimeoutMs / 1000} s`,
      );
    }
    await reportWaiting(run.control, run.load, { reason: 'target', detail: `an older snapshot of ${who}` });
    await sleep(SNAPSHOT_POLL_MS, undefined, { signal: run.signal });
  }
}

/** Whoever waits for the lock keeps every new reader waiting behind it: a short time, then they are let pass. */
async function exchangeInTime(
  run: LoadRun,
  plan: Plan,
  parts: readonly PartRow[],
  token: number,
  prepared: PreparedTable,
): Promise<Receipt> {
  const { exchangeTimeoutMs } = run.deps.config.worker;
  const giveUpAt = Date.now() + exchangeTimeoutMs;
  const attachment = plan.plan.newTable?.attachment ?? null;
  for (;;) {
    try {
      return await run.inTarget({ lockTimeoutMs: SHORT_LOCK_TIMEOUT_MS }, async (client) => {
        await checkLedger(plan, parts, client);
        await exchangeTables(client, prepared.definition, prepared.name, attachment);
        return recordApplied(run, plan, parts, client, prepared.applied, token);
      });
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      if (Date.now() >= giveUpAt) {
        throw new ExchangeRefusedError(`others kept the table locked for ${exchangeTimeoutMs / 1000} s`);
      }
      const detail = `a lock on ${prepared.definition.schema}.${prepared.definition.name}`;
      await reportWaiting(run.control, run.load, { reason: 'target', detail });
      await pauseForLock(run.signal);
    }
  }
}

async function applyInstead(
  run: LoadRun,
  plan: Plan,
  parts: readonly PartRow[],
  token: number,
  reason: string,
): Promise<Receipt> {
  const { strategy: wanted, fallback } = plan.plan;
  if (fallback === null) throw new Error(`${wanted} has nothing to fall back on`);
  const commitPlan = { strategy: fallback, reason: `instead of ${wanted}: ${reason}` };
  await run.log('warning', `${fallback} ${commitPlan.reason}`);
  await reportCommitPlan(run.control, run.load, reportedPlan(plan, commitPlan));
  return applyLoad(run, { ...plan, plan: { ...plan.plan, ...commitPlan } }, parts, token);
}
