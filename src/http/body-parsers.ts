import type { FastifyRequest } from 'fastify';
import { CopydockError, shortenValue } from '../loads/errors.js';
import { measureDepth } from './json-depth.js';
import { findJsonError } from './json-position.js';
import type { App } from './types.js';

const JSON_HINT = 'Send JSON: data=json.dumps({...}).';
/** Requests need three levels. What walks through a body goes as deep as the body does. */
const MAX_DEPTH = 16;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * JSON, whatever Airflow calls it: HttpOperator sends no Content-Type, its deferrable form text/plain. An empty
 * body is none, of whatever type it says it is.
 */
export function registerBodyParsers(app: App): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ['application/json', 'text/plain', '*'],
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      if (body.length === 0) return undefined;
      refuseOtherTypes(request.headers['content-type']);
      return parseJson(body);
    },
  );
}

function refuseOtherTypes(contentType: string | undefined): void {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (
    type === '' ||
    type === 'text/plain' ||
    type === 'application/json' ||
    /^application\/.+\+json$/.test(type)
  )
    return;
  const isForm = type === 'application/x-www-form-urlencoded' || type === 'multipart/form-data';
  const detail = isForm
    ? 'The body is a form; expected JSON. Pass data=json.dumps({...}), not a dict.'
    : `Content-Type ${shortenValue(type)} is not supported; expected application/json.`;
  throw new CopydockError('unsupported_media_type', detail, { hint: JSON_HINT });
}

function parseJson(body: Buffer): unknown {
  const text = decode(body);
  if (measureDepth(text) > MAX_DEPTH) {
    throw new CopydockError('invalid_request', `The body is nested more than ${MAX_DEPTH} levels deep.`, {
      hint: 'Send one flat object; csv and labels are the only objects within it.',
    });
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new CopydockError('invalid_request', explain(text), { hint: JSON_HINT });
  }
}

function decode(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new CopydockError('invalid_request', 'The body is not UTF-8.', {
      hint: 'Encode the JSON as UTF-8.',
    });
  }
}

function explain(text: string): string {
  const position = findJsonError(text) ?? text.length;
  if (position >= text.length) return `The body is not JSON: it ends too early, at position ${text.length}.`;
  const line = text.slice(0, position).split('\n').length;
  const character = shortenValue(JSON.stringify(String.fromCodePoint(text.codePointAt(position) ?? 0)));
  return `The body is not JSON: unexpected ${character} at position ${position} (line ${line}).`;
}
