import type pg from 'pg';
import { quote, quoteTable, quoteText, type TableName } from '../../identifiers.js';
import { type CopyOptions, copyIn, copyStatement } from '../copy-in.js';
import { type AppliedRows, type ScopeFilter, scopeCondition } from './applied.js';

/** A part on its way straight into the target. */
export interface DirectPart {
  columns: readonly string[];
  body: Buffer | AsyncIterable<Buffer>;
}

export interface DirectInput<P extends DirectPart> {
  client: pg.ClientBase;
  target: TableName;
  scope: ScopeFilter | null;
  /** Full load: the scope's rows go first. */
  isReplacement: boolean;
  copyOptions: CopyOptions;
  parts: AsyncIterable<P>;
  /** Is told how many records PostgreSQL read of a part, loaded or filtered, before the next part is copied. */
  onPartCopied: (part: P, readRecords: number) => void;
  signal: AbortSignal;
}

/** Counts the records that COPY leaves out; it lives as long as the transaction needs it. */
const EXCLUDED = 'pg_temp.copydock_excluded';

/** Delete and COPY in one transaction on one connection, without a staging table; rows out of scope never arrive. */
export async function copyDirectly<P extends DirectPart>(input: DirectInput<P>): Promise<AppliedRows> {
  const { client, target, scope } = input;
  const deleted = input.isReplacement
    ? ((await client.query(`DELETE FROM ${quoteTable(target)} t WHERE ${scopeCondition(scope, 't')}`))
        .rowCount ?? 0)
    : 0;
  if (scope !== null) await client.query(`CREATE TEMPORARY SEQUENCE ${EXCLUDED}`);
  let inserted = 0;
  let filtered = 0;
  for await (const part of input.parts) {
    const statement = copyStatement(quoteTable(target), part.columns, input.copyOptions, copyFilter(scope));
    const copied = await copyIn(client, statement, part.body, input.signal);
    const excluded = scope === null ? 0 : (await countExcluded(client)) - filtered;
    input.onPartCopied(part, copied + excluded);
    inserted += copied;
    filtered += excluded;
  }
  if (scope !== null) await client.query(`DROP SEQUENCE ${EXCLUDED}`);
  return { loaded: inserted, deduplicated: 0, filtered, inserted, updated: 0, unchanged: 0, deleted };
}

/**
 * COPY says how many rows it took, not how many it left out. The second half is asked of rows out of scope only, NULL
 * included, and is never true: it counts them, so that every record of the file is accounted for.
 */
function copyFilter(scope: ScopeFilter | null): string | null {
  if (scope === null) return null;
  return `${quote(scope.column)} = ${quoteText(scope.value)} OR nextval('${EXCLUDED}') < 0`;
}

async function countExcluded(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT CASE WHEN is_called THEN last_value ELSE 0 END::float8 AS count FROM ${EXCLUDED}`,
  );
  return rows[0]?.count ?? 0;
}
