import type pg from 'pg';
import { CopydockError } from '../../loads/errors.js';
import type { AcceptedLoad, AcceptOutcome, Wake } from '../../loads/store.js';
import { timeLimitMs } from '../../loads/time-limit.js';
import { checkRoom, takeRoom } from './admission.js';
import { beginAttempt } from './begin-attempt.js';
import { lockLoadsByIdOrKey } from './lock-load.js';
import { appendLog } from './log.js';
import { LOAD_COLUMNS, type LoadRow, readLoad, readWake, WAKE_COLUMNS, type WakeRow } from './row.js';
import { inTransaction } from './transaction.js';

type Acceptance = AcceptOutcome & { wake: Wake | null };

/** Stores a load, or finds the one that its id or idempotency key already stands for. */
export function acceptLoad(pool: pg.Pool, accepted: AcceptedLoad): Promise<Acceptance> {
  return inTransaction(
    pool,
    async (client) =>
      (await answerFromEarlier(client, accepted)) ??
      (await insertLoad(client, accepted)) ??
      (await answerFromEarlier(client, accepted)) ??
      failUnstored(accepted),
  );
}

async function answerFromEarlier(client: pg.ClientBase, accepted: AcceptedLoad): Promise<Acceptance | null> {
  const earlier = await lockLoadsByIdOrKey(client, accepted.id, accepted.idempotencyKey);
  const [first] = earlier;
  if (first === undefined) return null;
  const isSame = earlier.length === 1 && first.requestHash === accepted.requestHash;
  if (!isSame) return { outcome: 'conflict', load: first.load, wake: null };
  const { status } = first.load;
  if (status !== 'failed' && status !== 'cancelled') {
    return { outcome: 'replayed', load: first.load, wake: null };
  }
  return { outcome: 'retried', ...(await beginAttempt(client, first.load)) };
}

/** null: another transaction stored this id or key first. */
async function insertLoad(client: pg.ClientBase, accepted: AcceptedLoad): Promise<Acceptance | null> {
  await checkRoom(client, accepted);
  await lockOrderOfScope(client, accepted);
  const { rows } = await client.query<LoadRow & WakeRow>(
    `INSERT INTO copydock.loads
       (id, load_order, env, load_type, data_set, target_table, target_database, scope_table, scope_key,
        request, request_hash, idempotency_key, s3_bucket, s3_bucket_source, s3_bucket_overridden,
        absent_fields, warnings, submitted_by, trace_parent, deadline_at, webhook_states)
     VALUES ($1, nextval('copydock.load_order_seq'), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
             $16, $17, $18, now() + $19 * interval '1 millisecond', $20)
     ON CONFLICT DO NOTHING
     RETURNING ${LOAD_COLUMNS}, ${WAKE_COLUMNS}`,
    valuesOf(accepted),
  );
  const [row] = rows;
  if (row === undefined) return null;
  await appendLog(client, accepted.id, 'info', accepted.logLines);
  await appendLog(client, accepted.id, 'warning', accepted.warnings);
  await takeRoom(client, accepted);
  return { outcome: 'created', load: readLoad(row), wake: readWake(row) };
}

/**
 * Loads of one table become visible in the order of their load_order: without this lock a load could be seen as the
 * first of its scope while an earlier one is still being stored.
 */
async function lockOrderOfScope(client: pg.ClientBase, accepted: AcceptedLoad): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended('copydock order ' || $1, 0))", [
    `${accepted.targetDatabase} ${accepted.scopeTable}`,
  ]);
}

function valuesOf(accepted: AcceptedLoad): unknown[] {
  const { request, bucket } = accepted;
  return [
    accepted.id,
    request.env,
    request.load_type,
    request.data_set,
    accepted.targetTable,
    accepted.targetDatabase,
    accepted.scopeTable,
    accepted.scopeKey,
    JSON.stringify(request),
    accepted.requestHash,
    accepted.idempotencyKey,
    bucket.name,
    bucket.source,
    bucket.overridden,
    accepted.absentFields,
    accepted.warnings,
    accepted.submittedBy,
    accepted.traceParent,
    timeLimitMs(request),
    accepted.webhookStates,
  ];
}

/** The load that stood in the way was removed (its retention ended) before it could be read. */
function failUnstored(accepted: AcceptedLoad): never {
  throw new CopydockError('unavailable', `Load ${accepted.id} met one that is being removed; send it again.`);
}
