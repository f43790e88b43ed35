import type { JsonObject } from '../loads/json-object.js';
import { LoadRequestSchema } from '../loads/request-schema.js';
import { type OptionsConfig, parseOptions } from './parse-options.js';
import { UsageError } from './usage-error.js';

interface FieldSchema {
  type?: string | string[];
  enum?: unknown[];
  description?: string;
  properties?: Record<string, FieldSchema>;
}

/** Flags of the command itself; everything else on its line is a field of the request. */
const OWN_OPTIONS = { json: { type: 'boolean' }, verbose: { type: 'boolean' } } as const;
const FIELDS = LoadRequestSchema.properties as Record<string, FieldSchema>;
/** Fields within `csv` and `labels` are written `--csv.delimiter`. */
const NESTED = /^(csv|labels)\.(.+)$/;

export interface LoadCommandLine {
  /** The request, as it would be posted. */
  body: JsonObject;
  isJson: boolean;
  isVerbose: boolean;
}

/** @throws UsageError for options that make no request */
export function readLoadOptions(args: string[]): LoadCommandLine {
  const normalised = args.map(useFieldNames).flatMap(writeFlags);
  const { json, verbose, ...given } = parseOptions(normalised, {
    ...declareFields(),
    ...declareLabels(normalised),
    ...OWN_OPTIONS,
  });
  const body: JsonObject = {};
  for (const [name, value] of Object.entries(given)) setField(body, name, value);
  for (const name of LoadRequestSchema.required) {
    if (body[name] === undefined) throw new UsageError(`--${name} is missing.`);
  }
  return { body, isJson: json === true, isVerbose: verbose === true };
}

/** `--load-type` is `--load_type`; after `=` nothing changes. */
function useFieldNames(arg: string): string {
  const [, name, rest = ''] = /^--([a-z0-9_.-]+)(=[\s\S]*)?$/i.exec(arg) ?? [];
  if (name === undefined || name.startsWith('labels.')) return arg;
  return `--${name.replace(/^no-/, 'NO-').replaceAll('-', '_').replace('NO_', 'no-')}${rest}`;
}

/** `--allow_empty true` and `--allow_empty=true` say the same as `--allow_empty`. */
function writeFlags(arg: string, index: number, all: string[]): string[] {
  const [, name = '', value] = /^--([^=]+)(?:=(true|false))?$/.exec(arg) ?? [];
  if (isFlag(name)) {
    const said = value ?? (/^(true|false)$/.test(all[index + 1] ?? '') ? all[index + 1] : 'true');
    return [said === 'false' ? `--no-${name}` : `--${name}`];
  }
  const previous = /^--(.+)$/.exec(all[index - 1] ?? '')?.[1] ?? '';
  return isFlag(previous) && /^(true|false)$/.test(arg) ? [] : [arg];
}

function isFlag(name: string): boolean {
  return schemaOf(name)?.type === 'boolean';
}

function schemaOf(name: string): FieldSchema | undefined {
  const [, outer, inner] = NESTED.exec(name) ?? [];
  return outer === undefined || inner === undefined ? FIELDS[name] : FIELDS[outer]?.properties?.[inner];
}

function declareFields(): OptionsConfig {
  const csv = Object.keys(FIELDS.csv?.properties ?? {}).map((name) => `csv.${name}`);
  const names = [...Object.keys(FIELDS), ...csv];
  return Object.fromEntries(names.map((name) => [name, { type: isFlag(name) ? 'boolean' : 'string' }]));
}

/** Names of labels are the caller's own. */
function declareLabels(args: string[]): OptionsConfig {
  const names = args.flatMap((arg) => /^--(labels\.[^=]+)/.exec(arg)?.[1] ?? []);
  return Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
}

function setField(body: JsonObject, name: string, value: unknown): void {
  const [, outer, inner] = NESTED.exec(name) ?? [];
  if (outer === undefined || inner === undefined) {
    body[name] =
      name === 'csv' || name === 'labels'
        ? { ...parseJson(name, value), ...asObject(body[name]) }
        : convert(name, value);
    return;
  }
  body[outer] = { ...asObject(body[outer]), [inner]: outer === 'labels' ? value : convert(name, value) };
}

function asObject(value: unknown): JsonObject {
  return (value ?? {}) as JsonObject;
}

/** What can't be converted stays text, which the request's own check then explains. */
function convert(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const type = schemaOf(name)?.type;
  if ([type].flat().includes('integer') && /^-?\d+$/.test(value)) return Number(value);
  if (type === 'array') return value.split(',');
  if (Array.isArray(type) && type.includes('boolean') && /^(true|false)$/.test(value))
    return value === 'true';
  return value;
}

function parseJson(name: string, value: unknown): JsonObject {
  try {
    const parsed: unknown = JSON.parse(String(value));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as JsonObject;
  } catch {}
  throw new UsageError(
    `--${name} must be a JSON object, such as '{"name": "value"}'; or write --${name}.name value.`,
  );
}

/** One line for each field, from the schema of requests. */
export function describeFields(): string {
  const csv = Object.entries(FIELDS.csv?.properties ?? {}).map(([name, schema]) =>
    describe(`csv.${name}`, schema),
  );
  const required: readonly string[] = LoadRequestSchema.required;
  const lines = Object.entries(FIELDS)
    .sort(([a], [b]) => Number(required.includes(b)) - Number(required.includes(a)))
    .flatMap(([name, schema]) => [describe(name, schema), ...(name === 'csv' ? csv : [])]);
  return lines.join('\n');
}

function describe(name: string, schema: FieldSchema): string {
  const values = schema.enum === undefined ? '' : ` (${schema.enum.join(', ')})`;
  const [sentence = ''] = (schema.description ?? '').split(/(?<=\.) /);
  return `  --${name.padEnd(17)} ${sentence.replaceAll('`', '')}${values}`;
}
