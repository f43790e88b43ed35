import { CopydockError, shortenValue } from '../../../loads/errors.js';
import type { ScopeFilter } from '../scope-filter.js';

/** A key as messages show it: `entity = 5` or `a, b = 1, 2`. */
export function formatKey(columns: readonly string[], key: readonly string[]): string {
  return `${columns.join(', ')} = ${shortenValue(key.join(', '))}`;
}

export function keyOwnedElsewhere(
  columns: readonly string[],
  key: readonly string[],
  scope: ScopeFilter | null,
  owner: string | null,
): CopydockError {
  const name = owner === null ? 'NULL' : JSON.stringify(owner);
  return new CopydockError(
    'key_owned_elsewhere',
    `The row with ${formatKey(columns, key)} belongs to ${scope?.column ?? 'scope'} ${name}.`,
    { column: columns.join(', '), value: shortenValue(key.join(', ')) },
  );
}
