import { CopydockError } from '../loads/errors.js';
import { findTemplate } from '../loads/request.js';

const LIMIT = 1_024;
const FIELD = 'Idempotency-Key';

/** The key, quoted (as the draft standard has it) or bare; undefined where a template rendered nothing. */
export function readIdempotencyKey(header: string | string[] | undefined): string | undefined {
  const key = unquote([header ?? ''].flat().join(', ').trim());
  if (key === '' || key === 'None') return undefined;
  if (key.length > LIMIT) throw invalid(`${FIELD} may have up to ${LIMIT} characters; got ${key.length}.`);
  if (!/^[\x20-\x7e]+$/.test(key)) throw invalid(`${FIELD} may hold printable ASCII characters only.`);
  const template = findTemplate(key);
  if (template) {
    const detail = `${FIELD} still holds the template ${template}: it was not rendered.`;
    throw new CopydockError('unrendered_template', detail, { field: FIELD });
  }
  return key;
}

function unquote(value: string): string {
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(value)?.[1];
  return quoted === undefined ? value : quoted.replace(/\\(["\\])/g, '$1');
}

function invalid(detail: string): CopydockError {
  return new CopydockError('invalid_request', detail, { field: FIELD });
}
