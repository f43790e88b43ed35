import type pg from 'pg';
import { quoteTable, type TableName } from '../../identifiers.js';
import { type CopyOptions, copyIn, copyStatement } from '../copy-in.js';
import { type ScopeFilter, scopeCondition } from '../scope-filter.js';
import type { AppliedRows } from './applied.js';
import { CopyFilter } from './copy-filter.js';

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

/** Delete and COPY in one transaction on one connection, without a staging table; rows out of scope never arrive. */
export async function copyDirectly<P extends DirectPart>(input: DirectInput<P>): Promise<AppliedRows> {
  const { client, target, scope } = input;
  const deleted = input.isReplacement
    ? ((await client.query(`DELETE FROM ${quoteTable(target)} t WHERE ${scopeCondition(scope, 't')}`))
        .rowCount ?? 0)
    : 0;
  const filter = new CopyFilter(client, scope);
  await filter.begin();
  let inserted = 0;
  let filtered = 0;
  for await (const part of input.parts) {
    const into = { table: quoteTable(target), columns: part.columns, options: input.copyOptions };
    const statement = copyStatement(into, filter.condition);
    const copied = await copyIn(client, statement, part.body, input.signal);
    const excluded = (await filter.countExcluded()) - filtered;
    input.onPartCopied(part, copied + excluded);
    inserted += copied;
    filtered += excluded;
  }
  await filter.end();
  return { loaded: inserted, deduplicated: 0, filtered, inserted, updated: 0, unchanged: 0, deleted };
}
