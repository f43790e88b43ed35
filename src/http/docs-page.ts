import type { OpenAPIV3_1 } from 'openapi-types';
import { ERROR_CATALOGUE } from '../loads/error-catalogue.js';
import { escapeHtml, makePage, type Page } from './html.js';
import type { OpenApiDocument } from './openapi.js';

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
code, .method { font-family: ui-monospace, monospace; font-size: 0.9em; }
h2 { margin-top: 2.5rem; } h3 { margin: 2rem 0 0.25rem; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.6rem; border-bottom: 1px solid #8886; }
tr:target, h3:target { background: #fd06; }
`;

/** Every address, every schema and every error code, from the same document as openapi.yaml. */
export function makeDocsPage(document: OpenApiDocument): Page {
  const { info, tags = [] } = document;
  const body = [
    `<h1>${escapeHtml(info.title)}</h1>`,
    `<p>${prose(info.description ?? '')} <a href="/openapi.json">openapi.json</a></p>`,
    ...tags.map((tag) => renderTag(document, tag)),
    '<h2>Schemas</h2>',
    ...Object.entries(document.components?.schemas ?? {}).map(([name, schema]) => renderSchema(name, schema)),
    renderErrors(),
  ].join('\n');
  return makePage({ title: `${info.title}: documentation`, style: STYLE, body });
}

function renderTag(document: OpenApiDocument, { name, description = '' }: OpenAPIV3_1.TagObject): string {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods ?? {})
      .map(([method, operation]) => ({ path, method, operation: operation as OpenAPIV3_1.OperationObject }))
      .filter(({ operation }) => operation.tags?.includes(name)),
  );
  const rendered = operations.map(({ path, method, operation }) => renderOperation(path, method, operation));
  return [`<h2>${escapeHtml(name)}</h2>`, `<p>${prose(description)}</p>`, ...rendered].join('\n');
}

function renderOperation(path: string, method: string, operation: OpenAPIV3_1.OperationObject): string {
  const { operationId = '', summary = '', description = '', parameters = [], responses = {} } = operation;
  const parameterRows = (parameters as OpenAPIV3_1.ParameterObject[]).map((parameter) =>
    row(code(parameter.name), escapeHtml(parameter.in), prose(parameter.description ?? '')),
  );
  const responseRows = Object.entries(responses).map(([status, response]) =>
    row(code(status), prose((response as OpenAPIV3_1.ResponseObject).description)),
  );
  return [
    `<h3 id="${escapeHtml(operationId)}"><span class="method">${method.toUpperCase()}</span> ${code(path)}</h3>`,
    `<p>${escapeHtml(summary)}. ${prose(description)}</p>`,
    table(['parameter', 'in', 'meaning'], parameterRows),
    table(['answer', 'meaning'], responseRows),
  ].join('\n');
}

type Schema = OpenAPIV3_1.SchemaObject & { $ref?: string };

function renderSchema(name: string, schema: Schema): string {
  const required = new Set(schema.required);
  const rows = Object.entries(schema.properties ?? {}).map(([field, inner]) =>
    row(
      code(field),
      required.has(field) ? 'yes' : '',
      escapeHtml(typeOf(inner)),
      prose(inner.description ?? ''),
    ),
  );
  return [
    `<h3 id="${escapeHtml(name)}">${escapeHtml(name)}</h3>`,
    `<p>${prose(schema.description ?? '')}</p>`,
    table(['field', 'required', 'type', 'meaning'], rows),
  ].join('\n');
}

function typeOf(schema: Schema): string {
  if (schema.$ref) return schema.$ref.split('/').at(-1) ?? '';
  if (schema.enum) return schema.enum.length > 12 ? 'a code' : schema.enum.join(' | ');
  return [schema.type ?? ''].flat().join(' | ');
}

function renderErrors(): string {
  const rows = Object.entries(ERROR_CATALOGUE).map(
    ([name, [status, , title, hint]]) =>
      `<tr id="${name}"><td>${code(name)}</td><td>${status}</td><td>${escapeHtml(title)}</td><td>${escapeHtml(hint)}</td></tr>`,
  );
  return `<h2>Error codes</h2>\n${table(['code', 'status', 'meaning', 'way out'], rows)}`;
}

function table(heads: string[], rows: string[]): string {
  if (rows.length === 0) return '';
  const head = heads.map((text) => `<th>${text}</th>`).join('');
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
}

function row(...cells: string[]): string {
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

function code(text: string): string {
  return `<code>${escapeHtml(text)}</code>`;
}

/** Descriptions mark code with backticks. */
function prose(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}
