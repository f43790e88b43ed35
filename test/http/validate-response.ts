import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

interface Operation {
  responses: Record<string, { content?: Record<string, object> }>;
}
interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}

const document: OpenApi = parse(await readFile(resolve(import.meta.dirname, '../../openapi.yaml'), 'utf8'));
const ajv = new Ajv2020({ allErrors: true, strict: false });
addFormats.default(ajv);
ajv.addSchema(document, 'openapi');

export interface SeenResponse {
  method: string;
  /** With or without a query. */
  path: string;
  status: number;
  contentType: string | null;
  /** The text of the body. */
  body: string;
}

/** @throws Error that says where a response differs from openapi.yaml */
export function validateResponse({ method, path, status, contentType, body }: SeenResponse): void {
  const shown = `${method} ${path} ${status}`;
  const mediaType = contentType?.split(';', 1)[0]?.trim() ?? '';
  const found = findOperation(method, path);
  if (!found) {
    if (status !== 404 && status !== 405) throw new Error(`${shown}: the address is not in openapi.yaml`);
    validateAs('Problem', JSON.parse(body), shown);
    return;
  }
  const response = found.operation.responses[status];
  if (!response) throw new Error(`${shown}: the status is not in openapi.yaml`);
  if (!response.content || method === 'HEAD') {
    if (body !== '') throw new Error(`${shown}: openapi.yaml has no body here`);
    return;
  }
  if (!response.content[mediaType]) throw new Error(`${shown}: ${mediaType} is not in openapi.yaml`);
  const pointer = [
    'paths',
    found.template,
    found.method,
    'responses',
    String(status),
    'content',
    mediaType,
    'schema',
  ];
  if (mediaType === 'text/event-stream') {
    const events = body.split('\n\n').filter((block) => block !== '' && !block.startsWith(':'));
    for (const block of events) validate(pointer, readEventFields(block), shown);
    return;
  }
  validate(pointer, mediaType.endsWith('json') ? JSON.parse(body) : body, shown);
}

/** The fields of one server-sent event. */
export function readEventFields(block: string): Record<string, string> {
  return Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s)));
}

/** Checks a value against a schema of openapi.yaml by its name. */
export function validateAs(schema: string, value: unknown, shown = schema): void {
  validate(['components', 'schemas', schema], value, shown);
}

function validate(pointer: string[], value: unknown, shown: string): void {
  const escaped = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')));
  const check = ajv.getSchema(`openapi#/${escaped.join('/')}`);
  if (!check) throw new Error(`${shown}: openapi.yaml has no /${pointer.join('/')}`);
  if (!check(value)) throw new Error(`${shown}: ${ajv.errorsText(check.errors)}`);
}

function findOperation(method: string, path: string) {
  const parts = (path.split('?', 1)[0] ?? '/').split('/');
  const name = method === 'HEAD' ? 'get' : method.toLowerCase();
  for (const [template, methods] of Object.entries(document.paths)) {
    const wanted = template.split('/');
    const matches =
      wanted.length === parts.length &&
      wanted.every((part, i) => part === parts[i] || (part.startsWith('{') && parts[i] !== ''));
    const operation = methods[name];
    if (matches && operation) return { template, method: name, operation };
  }
  return null;
}
