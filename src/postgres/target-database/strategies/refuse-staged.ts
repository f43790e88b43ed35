import { CopydockError, shortenValue } from '../../../loads/errors.js';
import type { StagedInput } from './applied.js';
import { findDuplicateKey, findForeignKeyOwner } from './find-duplicate.js';
import { formatKey, keyOwnedElsewhere } from './key-errors.js';

/** Refuses two staged rows of one key, where PostgreSQL itself would not always see them. */
export async function refuseDuplicates({ client, target, staging, scope }: StagedInput): Promise<void> {
  const question = { staging: staging.name, target: target.name, primaryKey: target.primaryKey, scope };
  const key = await findDuplicateKey(client, question);
  if (key === null) return;
  throw new CopydockError(
    'duplicate_key',
    `Two rows of the source have ${formatKey(target.primaryKey, key)}.`,
    { column: target.primaryKey.join(', '), value: shortenValue(key.join(', ')) },
  );
}

/** No load touches another scope's row. */
export async function refuseForeignKeys({ client, target, staging, scope }: StagedInput): Promise<void> {
  const question = { staging: staging.name, target: target.name, primaryKey: target.primaryKey, scope };
  const found = await findForeignKeyOwner(client, question);
  if (found !== null) throw keyOwnedElsewhere(target.primaryKey, found.key, scope, found.owner);
}
