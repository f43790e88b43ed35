import type { Test } from 'tap';
import type { Body, Stack } from '../stack.js';

/** The target of these tests, with two rows that every failed load must leave as they are. */
export async function makePlaces(stack: Stack): Promise<void> {
  await stack.sql(
    'CREATE TABLE place (id bigint PRIMARY KEY CHECK (id > 0), name text NOT NULL, opened date, area numeric(6,2))',
  );
  await stack.sql(`INSERT INTO place VALUES (1, 'old one', NULL, 1.5), (2, 'old two', '2020-01-01', NULL)`);
}

export function fullLoad(stack: Stack, key: string): Record<string, unknown> {
  return { load_type: 'full', data_set: 'place', path: `s3://${stack.source}/${key}` };
}

/**
 * Runs a load that must fail: its error tells code, detail and way out in one line each, the target is as before, and
 * nothing is left behind.
 */
export async function expectFailure(
  t: Test,
  stack: Stack,
  request: Record<string, unknown>,
  error: Record<string, unknown>,
): Promise<Body> {
  const snapshot = () => stack.sql(`SELECT * FROM place ORDER BY id`);
  const before = await snapshot();
  const load = await stack.load(request);
  t.equal(load.status, 'failed', 'fails');
  t.match(load.error, error, `error ${JSON.stringify(load.error)}`);
  t.match(
    load.error,
    { detail: /^[^\n]{10,}$/, hint: /^[A-Z][^\n]{3,}$/ },
    'detail and hint are one line each',
  );
  t.notMatch(load.error.detail, /staging_/, 'staging tables are not named');
  t.equal(load.receipt, null);
  t.strictSame(await snapshot(), before, 'the rows are as before');
  t.strictSame(await stack.litter(), { objects: [], tables: [], transactions: [] }, 'no litter');
  return load;
}
