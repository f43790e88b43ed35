import type pg from 'pg';
import type { Config, EnvironmentConfig } from '../../config/types.js';
import { readFleet } from '../../postgres/control-database/fleet.js';
import { readControlState } from '../../postgres/control-database/reconcile.js';
import { readClock, type ServerFacts } from '../../postgres/inspect/server.js';
import { controlBudget } from '../connection-budget.js';
import { type Check, type Finding, look, ok, warning } from './check.js';
import { judgeClock } from './check-clock.js';
import {
  checkServer,
  checkSessions,
  checkTables,
  type Database,
  judgeBudget,
  openPool,
} from './check-database.js';
import { checkGrants } from './check-rights.js';

const CONTROL: Database = { subject: 'control database', where: 'DATABASE_URL' };

/** What targets are compared with. */
export interface ControlFacts {
  controlId: string;
  /** Live workers by environment. */
  workers: ReadonlyMap<string, number>;
}

/** Answers null where the control database can't be asked. */
export async function* checkControl(
  { databaseUrl }: Config,
  environments: readonly EnvironmentConfig[],
  now: () => number,
): AsyncGenerator<Check, ControlFacts | null> {
  const pool = openPool(databaseUrl);
  const { subject } = CONTROL;
  try {
    const server = yield* checkServer(pool, CONTROL);
    if (server === null) return null;
    const tables = await checkTables(pool, CONTROL, 'control');
    yield tables;
    yield await checkGrants(pool, subject, server, 'control');
    yield await checkSessions(pool, CONTROL);
    const readOff = async () => judgeClock(await readClock(pool, now), { signs: false });
    yield await look(subject, 'clock', readOff, 'ask again');
    const facts = tables.status === 'ok' ? await readFacts(pool).catch(() => null) : null;
    yield { subject, check: 'connections', ...judgeConnections(server, environments, facts) };
    if (facts === null) return null;
    for (const { name } of environments) yield { subject, check: 'workers', ...judgeWorkers(name, facts) };
    return facts;
  } finally {
    await pool.end();
  }
}

async function readFacts(pool: pg.Pool): Promise<ControlFacts> {
  const [{ controlId }, { workers }] = await Promise.all([readControlState(pool), readFleet(pool)]);
  return { controlId, workers: new Map(workers.map((seen) => [seen.env, seen.workers])) };
}

function judgeConnections(
  server: ServerFacts,
  environments: readonly EnvironmentConfig[],
  facts: ControlFacts | null,
): Finding {
  const workers = Math.max(1, ...environments.map(({ name }) => facts?.workers.get(name) ?? 0));
  const who = `one API process and ${workers} worker${workers === 1 ? '' : 's'} of these environments`;
  return judgeBudget(server, controlBudget(environments, { apis: 1, workers }), who);
}

function judgeWorkers(env: string, { workers }: ControlFacts): Finding {
  const live = workers.get(env) ?? 0;
  return live > 0
    ? ok(`${live} live worker${live === 1 ? '' : 's'} of ${env}`)
    : warning(`no live worker of ${env}: its loads wait`, 'start copydock worker, or copydock serve');
}
