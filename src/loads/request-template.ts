import { shortenValue } from './errors.js';
import { isJsonObject, type JsonObject } from './json-object.js';
import type { RequestProblem } from './request-problem.js';

/** `{NAME}`, `{{ ... }}` and `{% ... %}`; a lone brace and a glob's `{a,b}` are none. */
const TEMPLATE = /\{\{.*?\}\}|\{%.*?%\}|\{[A-Za-z_][A-Za-z0-9_.]*\}/s;

/** The template that a value still holds, or null. */
export function findTemplate(value: string): string | null {
  const template = TEMPLATE.exec(value)?.[0];
  return template === undefined ? null : shortenValue(template);
}

/** Every string of the body that a template engine should have filled in; `csv.null_string` is data, so any is fine. */
export function findUnrendered(body: JsonObject): RequestProblem[] {
  return stringsOf(body)
    .filter(({ field }) => field !== 'csv.null_string')
    .flatMap(({ field, value }) => {
      const template = findTemplate(value);
      if (template === null) return [];
      const detail = `${field} still holds the template ${template}: it was not rendered.`;
      return [{ code: 'unrendered_template' as const, field, detail }];
    });
}

function stringsOf(body: JsonObject, parent = ''): { field: string; value: string }[] {
  return Object.entries(body).flatMap(([name, value]) => {
    const field = parent + name;
    if (typeof value === 'string') return [{ field, value }];
    return isJsonObject(value) && parent === '' ? stringsOf(value, `${field}.`) : [];
  });
}
