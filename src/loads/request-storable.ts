import { storableText } from './errors.js';
import { isJsonObject, type JsonObject } from './json-object.js';
import type { RequestProblem } from './request-problem.js';

/** Strings (names of labels, too) that JSON can carry and PostgreSQL can't store: NUL and halves of surrogate pairs. */
export function findUnstorable(body: JsonObject): RequestProblem[] {
  return Object.entries(body)
    .filter(([name, value]) => !isStorable(name) || !isStorable(value))
    .map(([name]) => {
      const field = storableText(name);
      const detail = `${field} holds a NUL character or half of a surrogate pair, which no text may hold.`;
      return { code: 'invalid_request' as const, field, detail };
    });
}

function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return storableText(value) === value;
  if (Array.isArray(value)) return value.every(isStorable);
  if (!isJsonObject(value)) return true;
  return Object.entries(value).every(([name, child]) => isStorable(name) && isStorable(child));
}
