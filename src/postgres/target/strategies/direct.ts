import type pg from 'pg';
import { quote, quoteTable, quoteText, type TableName } from '../../identifiers.js';
import { type CopyOptions, copyIn, copyStatement } from '../copy-in.js';
import { type AppliedRows, type ScopeFilter, scopeCondition } from './applied.js';

/** A part on its way straight into the target. */
export interface DirectPart {
  columns: readonly string[];
  records: number;
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
  /** Is told of each part's figures, to check them, before the next part is copied. */
  onPartCopied: (part: P, copiedRows: number) => void;
  signal: AbortSignal;
}

/** Delete and COPY in one transaction on one connection, without a staging table; rows out of scope never arrive. */
export async function copyDirectly<P extends DirectPart>(input: DirectInput<P>): Promise<AppliedRows> {
  const { client, target, scope } = input;
  const deleted = input.isReplacement
    ? ((await client.query(`DELETE FROM ${quoteTable(target)} t WHERE ${scopeCondition(scope, 't')}`))
        .rowCount ?? 0)
    : 0;
  let read = 0;
  let inserted = 0;
  const where = scope === null ? null : `${quote(scope.column)} = ${quoteText(scope.value)}`;
  for await (const part of input.parts) {
    const statement = copyStatement(quoteTable(target), part.columns, input.copyOptions, where);
    const copied = await copyIn(client, statement, part.body, input.signal);
    input.onPartCopied(part, copied);
    read += part.records;
    inserted += copied;
  }
  return {
    loaded: inserted,
    deduplicated: 0,
    filtered: read - inserted,
    inserted,
    updated: 0,
    unchanged: 0,
    deleted,
  };
}
