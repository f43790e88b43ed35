import { quote, quoteText } from '../identifiers.js';

/** The rows that a load may replace and write: those whose column equals the data set; null is the whole table. */
export interface ScopeFilter {
  column: string;
  value: string;
}

/** `TRUE` for the whole table; `alias` names the table that the column is read from, where it must be named. */
export function scopeCondition(scope: ScopeFilter | null, alias?: string): string {
  return scope === null ? 'TRUE' : `${columnOf(scope, alias)} = ${quoteText(scope.value)}`;
}

/** The opposite, which is not its negation: NULL is outside of the scope, too. */
export function outOfScopeCondition(scope: ScopeFilter | null, alias?: string): string {
  return scope === null ? 'FALSE' : `${columnOf(scope, alias)} IS DISTINCT FROM ${quoteText(scope.value)}`;
}

function columnOf({ column }: ScopeFilter, alias: string | undefined): string {
  return alias === undefined ? quote(column) : `${alias}.${quote(column)}`;
}
