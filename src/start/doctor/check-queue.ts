import { readSchemaRights } from '../../postgres/inspect/rights.js';
import { BULLMQ_SCHEMA, isInPostgres } from '../../queue/connection.js';
import { inspectRedis } from '../../queue/inspect-redis.js';
import { hasQueueTables } from '../check-schema.js';
import { type Check, type Finding, failed, look, ok } from './check.js';
import { checkServer, checkSessions, type Database, openPool } from './check-database.js';
import { nameSome } from './check-rights.js';

const QUEUE: Database = { subject: 'queue', where: 'QUEUE_URL' };
const CONTROL_ROLE = 'migrations/roles/control.sql';
/** BullMQ recommends it. */
const OLDEST_REDIS = [6, 2] as const;
const NO_EVICTION = 'noeviction';

export async function* checkQueue(queueUrl: string): AsyncGenerator<Check> {
  if (isInPostgres(queueUrl)) yield* checkPostgresQueue(queueUrl);
  else yield* checkRedis(queueUrl);
}

async function* checkRedis(queueUrl: string): AsyncGenerator<Check> {
  const { subject, where } = QUEUE;
  let policy: string | null = null;
  const connection = await look(
    subject,
    'connection',
    async () => {
      const { version, evictionPolicy } = await inspectRedis(queueUrl);
      policy = evictionPolicy;
      return judgeVersion(version);
    },
    `correct ${where}, or start Redis and open the way to it; its user needs scripts and writes to bull:*`,
  );
  yield connection;
  if (policy !== null) yield { subject, check: 'maxmemory-policy', ...judgePolicy(policy) };
}

function judgeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const found = `Redis ${version} takes scripts and writes`;
  const isOld = major < OLDEST_REDIS[0] || (major === OLDEST_REDIS[0] && minor < OLDEST_REDIS[1]);
  return isOld ? failed(found, `upgrade it to Redis ${OLDEST_REDIS.join('.')} or newer`) : ok(found);
}

function judgePolicy(policy: string): Finding {
  if (policy === NO_EVICTION) return ok(`it is ${NO_EVICTION}`);
  return failed(
    `it is ${policy}: Redis drops wake-ups where memory is short`,
    `set maxmemory-policy to ${NO_EVICTION}`,
  );
}

async function* checkPostgresQueue(queueUrl: string): AsyncGenerator<Check> {
  const { subject } = QUEUE;
  const pool = openPool(queueUrl);
  try {
    if ((yield* checkServer(pool, QUEUE)) === null) return;
    const hint = `run copydock migrate, then ${CONTROL_ROLE} as the owner`;
    yield await look(
      subject,
      'tables',
      async () => {
        if (!(await hasQueueTables(queueUrl))) return failed("the queue's tables lack", hint);
        const [{ refused = [] } = {}] = await readSchemaRights(pool, [BULLMQ_SCHEMA]);
        if (refused.length === 0) return ok("the queue's tables are there and may be written to");
        return failed(
          `the role may not read and write ${nameSome(refused)}`,
          `run ${CONTROL_ROLE} as the owner`,
        );
      },
      hint,
    );
    yield await checkSessions(pool, QUEUE);
  } finally {
    await pool.end();
  }
}
