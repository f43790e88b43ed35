import pg from 'pg';
import type { Test } from 'tap';
import type { Stack } from './stack.js';

/** As the service's own role, whose transactions it sees whole. Locks a table until `release` (or the end of the test): against everybody, or in SHARE mode against writers only. */
export async function holdLock(
  t: Test,
  stack: Stack,
  table: string,
  mode: 'ACCESS EXCLUSIVE' | 'SHARE' = 'ACCESS EXCLUSIVE',
): Promise<{ release(): Promise<void> }> {
  const client = new pg.Client(stack.config.databaseUrl);
  client.on('error', () => {});
  await client.connect();
  let released: Promise<void> | undefined;
  const release = () => {
    released ??= client.end();
    return released;
  };
  t.teardown(release);
  await client.query(`BEGIN; LOCK TABLE ${table} IN ${mode} MODE`);
  return { release };
}
