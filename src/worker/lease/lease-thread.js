/**
 * Renews the leases of one worker process, in a thread of its own that a busy event loop can't starve, and tells the
 * main thread of loads that were lost or are to be cancelled.
 *
 * Plain JavaScript with checked types, so that a thread can start from this file as it is, without a loader.
 *
 * @import { FromLeaseThread, LeaseThreadData, ToLeaseThread } from './lease-messages.js'
 */
import { parentPort, workerData } from 'node:worker_threads';
import pg from 'pg';

/** A busy server needs as long. */
const SHORTEST_TIMEOUT_MS = 1_000;
const port = parentPort;
const { database, leaseMs, renewMs } = /** @type {LeaseThreadData} */ (workerData);
/** @type {Map<string, { leaseToken: number, deadline: BigInt64Array }>} */
const holds = new Map();
/** @type {pg.Client | null} */
let client = null;
let isRenewing = false;
let isStopped = false;

async function connect() {
  if (client !== null) return client;
  const fresh = new pg.Client({
    connectionString: database.connectionString,
    ssl: database.tls && { ...database.tls, ...(database.tls.isHostChecked ? {} : { checkServerIdentity }) },
    application_name: 'copydock lease',
    connectionTimeoutMillis: Math.max(SHORTEST_TIMEOUT_MS, 0.6 * renewMs),
    query_timeout: Math.max(SHORTEST_TIMEOUT_MS, 0.8 * renewMs),
    keepAlive: true,
  });
  const forget = () => {
    if (client === fresh) client = null;
  };
  fresh.on('error', forget);
  fresh.on('end', forget);
  fresh.on('notification', ({ payload }) => tellCancel(payload ?? ''));
  try {
    await fresh.connect();
    await fresh.query('LISTEN copydock_cancel');
  } catch (error) {
    fresh.end().catch(() => {});
    throw error;
  }
  client = fresh;
  if (isStopped) endClient();
  return fresh;
}

/** Any host will do: connectTo of config/postgres-connection.ts, which a thread without a loader can't import. */
function checkServerIdentity() {
  return undefined;
}

function endClient() {
  void client?.end().catch(() => {});
}

async function renewAll() {
  if (holds.size === 0 && client !== null) return;
  const asked = [...holds].map(([loadId, { leaseToken }]) => ({ loadId, leaseToken }));
  const askedAt = process.hrtime.bigint();
  const connection = await connect();
  const { rows } = await connection.query(
    `UPDATE copydock.loads l SET lease_expires_at = now() + $3 * interval '1 ms'
       FROM unnest($1::text[], $2::bigint[]) AS held (id, lease_token)
      WHERE l.id = held.id AND l.lease_token = held.lease_token AND l.lease_expires_at IS NOT NULL
  RETURNING l.id, l.cancel_requested AND l.finished_at IS NULL AS is_cancelled`,
    [asked.map(({ loadId }) => loadId), asked.map(({ leaseToken }) => leaseToken), leaseMs],
  );
  const renewed = new Map(rows.map((row) => [row.id, row]));
  for (const { loadId, leaseToken } of asked) {
    const hold = holds.get(loadId);
    if (hold?.leaseToken !== leaseToken) continue;
    const row = renewed.get(loadId);
    if (row === undefined) tell({ type: 'lost', loadId, leaseToken });
    else Atomics.store(hold.deadline, 0, askedAt + BigInt(leaseMs) * 1_000_000n);
    if (row?.is_cancelled) tell({ type: 'cancel', loadId, leaseToken });
  }
}

/** @param {string} loadId */
function tellCancel(loadId) {
  const hold = holds.get(loadId);
  if (hold !== undefined) tell({ type: 'cancel', loadId, leaseToken: hold.leaseToken });
}

/** @param {FromLeaseThread} message */
function tell(message) {
  port?.postMessage(message);
}

/** A failed renewal is tried again at the next tick; the deadline stays, and the main thread stops in time. */
const timer = setInterval(() => {
  if (isRenewing) return;
  isRenewing = true;
  renewAll()
    .catch(() => client?.end().catch(() => {}))
    .finally(() => {
      isRenewing = false;
    });
}, renewMs);

port?.on('message', (/** @type {ToLeaseThread} */ message) => {
  if (message.type === 'hold') {
    holds.set(message.loadId, {
      leaseToken: message.leaseToken,
      deadline: new BigInt64Array(message.deadline),
    });
  } else if (message.type === 'drop') {
    if (holds.get(message.loadId)?.leaseToken === message.leaseToken) holds.delete(message.loadId);
  } else {
    clearInterval(timer);
    isStopped = true;
    port?.close();
    endClient();
  }
});

connect().catch(() => {});
