import pg from 'pg';
import { migrateControl, migrateTarget } from '../src/postgres/migrate.js';
import type { World } from './world.js';

const TARGET = 'target';
const CONTROL = 'control';

export function targetUrl(world: World): string {
  return urlOf(world, TARGET);
}

export function controlUrl(world: World): string {
  return urlOf(world, CONTROL);
}

/** A state of the target that runs begin with: made once, copied file by file for every run. */
export interface TargetState {
  /** Replaces the target by a fresh copy; what was connected to it is cut off. */
  restore(): Promise<void>;
}

/** `fill` makes the tables; it is given the URL of the database that will be copied. */
export async function makeTargetState(
  world: World,
  name: string,
  fill: (url: string) => Promise<void>,
): Promise<TargetState> {
  const base = `base_${name.replaceAll('-', '_')}`;
  await onMaintenance(world, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${base} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${base} TEMPLATE template0`);
  });
  const url = urlOf(world, base);
  await migrateTarget(url);
  await fill(url);
  await withDatabase(url, (client) => client.query('VACUUM (ANALYZE)'));
  return {
    restore: () =>
      onMaintenance(world, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${TARGET} WITH (FORCE)`);
        await client.query(`CREATE DATABASE ${TARGET} TEMPLATE ${base} STRATEGY FILE_COPY`);
        await client.query('CHECKPOINT');
      }),
  };
}

/** A control database without a history. */
export async function makeControl(world: World): Promise<void> {
  await onMaintenance(world, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${CONTROL} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${CONTROL} TEMPLATE template0`);
  });
  await migrateControl(controlUrl(world));
}

/** Bytes of WAL that the whole server has written so far. */
export async function walBytes(world: World): Promise<number> {
  return onMaintenance(world, async (client) => {
    const { rows } = await client.query<{ bytes: string }>(
      `SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS bytes`,
    );
    return Number(rows[0]?.bytes);
  });
}

/** Of all rows whatever their order: how many, and the sum of the hashes of their text. */
export async function checksum(world: World, table: string): Promise<string> {
  return withDatabase(targetUrl(world), async (client) => {
    const { rows } = await client.query<{ count: string; sum: string }>(
      `SELECT count(*) AS count, sum(hashtextextended(t::text, 0)::numeric) AS sum FROM ${table} t`,
    );
    return `${rows[0]?.count} rows, ${rows[0]?.sum}`;
  });
}

export async function withDatabase<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url);
  client.on('error', () => {});
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

function onMaintenance<T>(world: World, use: (client: pg.Client) => Promise<T>): Promise<T> {
  return withDatabase(world.postgresUrl, use);
}

function urlOf({ postgresUrl }: World, database: string): string {
  const url = new URL(postgresUrl);
  url.pathname = `/${database}`;
  return url.href;
}
