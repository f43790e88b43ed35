import { Ajv2020 } from 'ajv/dist/2020.js';
import { isJsonObject, type JsonObject } from './json-object.js';
import type { LoadRequest } from './load.js';
import { leaveOutAbsent } from './request-absent.js';
import { explainSchemaError } from './request-errors.js';
import { RequestError, type RequestProblem } from './request-problem.js';
import { findBrokenRules } from './request-rules.js';
import { LoadRequestSchema, type SubmittedRequest } from './request-schema.js';
import { findUnstorable } from './request-storable.js';
import { findUnrendered } from './request-template.js';

export { RequestError, type RequestProblem } from './request-problem.js';
export { AcceptedRequestSchema, LoadRequestSchema } from './request-schema.js';
export { findTemplate } from './request-template.js';

/** Strict: nothing is coerced. `verbose` puts the offending value into each error. */
const ajv = new Ajv2020({ allErrors: true, verbose: true, allowUnionTypes: true, strictTypes: false });
const isSubmittedRequest = ajv.compile<SubmittedRequest>(LoadRequestSchema);

/**
 * Checks a request by itself, without the configuration.
 * @throws RequestError with every problem: `invalid_request`, `unrendered_template`
 */
export function parseLoadRequest(body: unknown): { request: LoadRequest; absentFields: string[] } {
  if (!isJsonObject(body)) throw new RequestError(explainNonObject(body));
  const { present, absentFields } = leaveOutAbsent(body);
  const [first, ...others] = findProblems(present);
  if (first) throw new RequestError(first, ...others);
  const { load_type: loadType, ...rest } = present as SubmittedRequest;
  return { request: { load_type: loadType === 'incremental' ? 'delta' : loadType, ...rest }, absentFields };
}

function findProblems(body: JsonObject): RequestProblem[] {
  const explained = [...findUnstorable(body), ...findUnrendered(body)];
  if (isSubmittedRequest(body)) return [...explained, ...findBrokenRules(body)];
  const fields = new Set(explained.map(({ field }) => field));
  for (const problem of (isSubmittedRequest.errors ?? []).map(explainSchemaError)) {
    if (fields.has(problem.field)) continue;
    fields.add(problem.field);
    explained.push(problem);
  }
  return explained;
}

function explainNonObject(body: unknown): RequestProblem {
  const hint = 'Send a JSON object: data=json.dumps({...}).';
  if (body === undefined)
    return { code: 'invalid_request', detail: 'The body is empty; expected a JSON object.', hint };
  const got = body === null ? 'null' : Array.isArray(body) ? 'an array' : `a ${typeof body}`;
  const twice = typeof body === 'string' && body.trimStart().startsWith('{');
  return {
    code: 'invalid_request',
    detail: `The body must be a JSON object; got ${got}.`,
    hint: twice ? 'The body was encoded twice: call json.dumps once.' : hint,
  };
}
