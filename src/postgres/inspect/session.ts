import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';

const GIVE_UP_AFTER_MS = 5_000;
const RESEND_MS = 250;

/**
 * Whether a connection is a session of the server's: what it listens for, another connection sends. A pooler in transaction mode
 * listens on a server connection that it then lends to others, so that nothing ever arrives. Ids of server processes would
 * prove less: a pooler that is idle hands out the same one again. Takes two connections of the pool, which are not used again.
 */
export async function keepsSessions(pool: pg.Pool): Promise<boolean> {
  const listener = await pool.connect();
  try {
    const notifier = await pool.connect();
    try {
      const channel = `copydock_doctor_${randomBytes(8).toString('hex')}`;
      const isHeard = await hears(listener, notifier, channel);
      await stopListening([listener, notifier], channel);
      return isHeard;
    } finally {
      notifier.release(true);
    }
  } finally {
    listener.release(true);
  }
}

async function hears(listener: pg.PoolClient, notifier: pg.PoolClient, channel: string): Promise<boolean> {
  const heard = new Promise<boolean>((resolve) => {
    listener.on('notification', (notification) => {
      if (notification.channel === channel) resolve(true);
    });
  });
  await listener.query(`LISTEN ${channel}`);
  const giveUpAt = performance.now() + GIVE_UP_AFTER_MS;
  while (performance.now() < giveUpAt) {
    await notifier.query(`NOTIFY ${channel}`);
    if (await Promise.race([heard, delay(RESEND_MS, false)])) return true;
  }
  return false;
}

/**
 * A pooler keeps the server's connection that listens, and may lend it for either of these. Transactions that are open at once
 * have it lend several.
 */
async function stopListening(clients: readonly pg.PoolClient[], channel: string): Promise<void> {
  await Promise.all(clients.map((client) => client.query('BEGIN')));
  await Promise.all(clients.map((client) => client.query(`UNLISTEN ${channel}`)));
  await Promise.all(clients.map((client) => client.query('COMMIT')));
}
