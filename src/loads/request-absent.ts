import { isJsonObject, type JsonObject } from './json-object.js';
import { LoadRequestSchema } from './request-schema.js';

const required: readonly string[] = LoadRequestSchema.required;
const optional = new Set(
  Object.keys(LoadRequestSchema.properties).filter((name) => !required.includes(name)),
);

/**
 * Leaves out what templates render for "nothing": null, "" and "None" in an optional field; only null within `csv`
 * and `labels`, where "" has a meaning of its own.
 */
export function leaveOutAbsent(body: JsonObject): { present: JsonObject; absentFields: string[] } {
  const absentFields: string[] = [];
  const present: [string, unknown][] = [];
  for (const [name, value] of Object.entries(body)) {
    if (optional.has(name) && (value === null || value === '' || value === 'None')) absentFields.push(name);
    else if ((name === 'csv' || name === 'labels') && isJsonObject(value)) {
      const { kept, nulls } = leaveOutNulls(value);
      absentFields.push(...nulls.map((inner) => `${name}.${inner}`));
      present.push([name, kept]);
    } else present.push([name, value]);
  }
  return { present: Object.fromEntries(present), absentFields };
}

function leaveOutNulls(value: JsonObject): { kept: JsonObject; nulls: string[] } {
  const entries = Object.entries(value);
  return {
    kept: Object.fromEntries(entries.filter(([, inner]) => inner !== null)),
    nulls: entries.filter(([, inner]) => inner === null).map(([name]) => name),
  };
}
