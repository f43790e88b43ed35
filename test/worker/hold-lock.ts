import pg from 'pg';
import type { Test } from 'tap';
import type { Stack } from './stack.js';

/** Locks a table against everybody until `release` (or the end of the test). */
export async function holdLock(t: Test, stack: Stack, table: string): Promise<{ release(): Promise<void> }> {
  const client = new pg.Client(stack.databaseUrl);
  client.on('error', () => {});
  await client.connect();
  let released: Promise<void> | undefined;
  const release = () => {
    released ??= client.end();
    return released;
  };
  t.teardown(release);
  await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  return { release };
}
