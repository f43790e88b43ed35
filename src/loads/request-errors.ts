import type { ErrorObject } from 'ajv';
import { shortenValue } from './errors.js';
import { isJsonObject } from './json-object.js';
import { nearestName } from './nearest-name.js';
import { EXPECTATIONS } from './request-expectations.js';
import type { RequestProblem } from './request-problem.js';

/** What is wrong, in words (of an Ajv with `verbose`), with the field's name, what is expected and what was sent. */
export function explainSchemaError(error: ErrorObject): RequestProblem {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (error.keyword === 'required') return explainMissing(String(error.params.missingProperty));
  if (error.keyword === 'additionalProperties') {
    const known = Object.keys(error.parentSchema?.properties ?? {});
    return explainUnknown([...path, String(error.params.additionalProperty)], known);
  }
  const field = path.join('.');
  const got = error.keyword === 'maxProperties' ? `${countOf(error.data)} names` : describeValue(error.data);
  return invalid(field, `${field} must be ${expectation(error, path)}; got ${got}.`, hintFor(error));
}

function explainMissing(field: string): RequestProblem {
  return invalid(field, `${field} is required.`, `Add ${field} to the request.`);
}

function explainUnknown(path: string[], known: string[]): RequestProblem {
  const [name = '', ...parents] = path.toReversed();
  const qualify = (last: string) => [...parents.toReversed(), last].join('.');
  const nearest = nearestName(name, known);
  const hint = nearest ? `Did you mean ${qualify(nearest)}?` : `Known fields: ${known.join(', ')}.`;
  const field = qualify(shortenValue(name));
  return invalid(field, `${field} is not a known field.`, hint);
}

function expectation(error: ErrorObject, path: string[]): string {
  const said =
    EXPECTATIONS[path.join('.')] ?? (path[0] === 'labels' ? 'a string of up to 256 characters' : undefined);
  switch (error.keyword) {
    case 'enum':
      return `one of ${(error.params.allowedValues as string[]).join(', ')}`;
    case 'minimum':
      return `at least ${error.params.limit}`;
    case 'maximum':
      return `at most ${error.params.limit}`;
    case 'type':
      return [error.params.type].flat().map(withArticle).join(' or ');
    default:
      return said ?? error.message ?? 'another value';
  }
}

function hintFor(error: ErrorObject): string | undefined {
  if (error.keyword === 'type' && typeof error.data === 'string') {
    if (/^(true|false|-?\d+)$/i.test(error.data)) return 'Send it without quotes.';
  }
  if (error.keyword === 'enum' && typeof error.data === 'string') {
    const nearest = nearestName(error.data, error.params.allowedValues as string[]);
    if (nearest) return `Did you mean ${nearest}?`;
  }
  return undefined;
}

function describeValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return `the string ${shortenValue(JSON.stringify(value))}`;
  return `the ${typeof value} ${String(value)}`;
}

function countOf(value: unknown): number {
  return isJsonObject(value) ? Object.keys(value).length : 0;
}

function withArticle(type: string): string {
  return /^[aeio]/.test(type) ? `an ${type}` : `a ${type}`;
}

function invalid(field: string, detail: string, hint?: string): RequestProblem {
  return { code: 'invalid_request', field, detail, ...(hint === undefined ? {} : { hint }) };
}
