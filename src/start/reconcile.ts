import type pg from 'pg';
import type { Config } from '../config/types.js';
import { type Finding, findContradictions } from '../loads/reconcile.js';
import {
  raiseLoadOrder,
  readControlState,
  readStatuses,
  readSucceeded,
} from '../postgres/control-database/reconcile.js';
import { createPool } from '../postgres/pool.js';
import {
  adoptFences,
  hasOwnTables,
  readCommittedLoads,
  readFences,
} from '../postgres/target-database/reconcile.js';
import { DatabaseUrls } from '../secrets/database-urls.js';
import { openSecretsManager } from '../secrets/secrets-manager.js';
import { explainDatabaseFault, groupByDatabase } from './target-databases.js';

const APPLICATION_NAME = 'copydock reconcile';

export interface ReconciledTarget {
  environments: string[];
  /** host:port/database, or the name of its secret. */
  database: string;
  /** Loads that both databases were asked about. */
  compared: number;
  /** Fences that were taken over; null: that was not asked for. */
  adopted: number | null;
  findings: Finding[];
  /** Why it could not be compared; null: it was. */
  fault: string | null;
}

/** Compares every target with the control database. With `adopt` fences are taken over, and orders raised, first. */
export async function* reconcileAll(
  config: Config,
  { adopt }: { adopt: boolean },
): AsyncGenerator<ReconciledTarget> {
  const control = createPool(config.databaseUrl, { applicationName: APPLICATION_NAME, max: 1 });
  const secrets = openSecretsManager(config);
  try {
    const urls = new DatabaseUrls(config.environments, secrets.read);
    for (const [database, environments] of groupByDatabase(config)) {
      const about = { database, environments };
      yield await withTarget(urls, about, (target) => reconcileOne(control, target, about, config, adopt));
    }
  } finally {
    secrets.close();
    await control.end();
  }
}

type About = Pick<ReconciledTarget, 'database' | 'environments'>;

async function withTarget(
  urls: DatabaseUrls,
  about: About,
  work: (target: pg.Pool) => Promise<ReconciledTarget>,
): Promise<ReconciledTarget> {
  const [first = ''] = about.environments;
  let target: pg.Pool | undefined;
  try {
    target = createPool(await urls.urlOf(first), { applicationName: APPLICATION_NAME, max: 1 });
    return await work(target);
  } catch (error) {
    return { ...about, adopted: null, findings: [], compared: 0, fault: explainDatabaseFault(error) };
  } finally {
    await target?.end();
  }
}

async function reconcileOne(
  control: pg.Pool,
  target: pg.Pool,
  about: About,
  { retention }: Config,
  adopt: boolean,
): Promise<ReconciledTarget> {
  const adopted = adopt && (await hasOwnTables(target)) ? await adoptTarget(control, target) : null;
  return { ...about, adopted, fault: null, ...(await compare(control, target, about, retention)) };
}

async function adoptTarget(control: pg.Pool, target: pg.Pool): Promise<number> {
  const { controlId } = await readControlState(control);
  const adopted = await adoptFences(target, controlId);
  const orders = (await readFences(target)).map(({ lastOrder }) => lastOrder);
  await raiseLoadOrder(control, Math.max(0, ...orders));
  return adopted;
}

/**
 * Services may run meanwhile: what the control database calls succeeded is read before the target is, and what the target
 * has is looked up in the control database after.
 */
async function compare(
  control: pg.Pool,
  target: pg.Pool,
  { environments }: About,
  { loadsDays, committedDays }: Config['retention'],
): Promise<{ findings: Finding[]; compared: number }> {
  const succeeded = await readSucceeded(control, environments, committedDays);
  const isPrepared = await hasOwnTables(target);
  const ids = succeeded.map(({ id }) => id);
  const committed = isPrepared ? await readCommittedLoads(target, loadsDays, ids) : [];
  const fences = isPrepared ? await readFences(target) : [];
  const committedIds = committed.map(({ id }) => id);
  const statuses = await readStatuses(control, committedIds);
  const state = await readControlState(control);
  const findings = findContradictions({ ...state, succeeded, committed, fences, statuses });
  return { findings, compared: new Set([...ids, ...committedIds]).size };
}
