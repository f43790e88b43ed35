import type { JsonObject } from './json-object.js';
import type { RequestProblem } from './request-problem.js';

/** Fields of the contract that this version does not carry out, with the way to do without. */
export const LATER_FIELDS: Readonly<Record<string, string>> = {
  max_rejects: 'Leave it out: the first row that does not load fails the load.',
  validate_only: 'Leave it out, or try the data with load_type sample, which never touches the target.',
};

/** What the contract knows and this version lacks, told apart from what is simply wrong. */
export function findUnsupported(body: JsonObject): RequestProblem[] {
  const problems: RequestProblem[] = [];
  for (const [field, hint] of Object.entries(LATER_FIELDS)) {
    if (Object.hasOwn(body, field)) {
      problems.push({
        code: 'not_supported',
        field,
        detail: `${field} is not supported by this version.`,
        hint,
      });
    }
  }
  const { on_error: onError } = body;
  if (onError === 'skip') {
    problems.push(unsupportedValue('on_error', 'skip', 'Leave it out, or set it to abort.'));
  }
  return problems;
}

function unsupportedValue(field: string, value: string, hint: string): RequestProblem {
  const shown = JSON.stringify(value.slice(0, 40));
  return {
    code: 'not_supported',
    field,
    detail: `${field} ${shown} is not supported by this version.`,
    hint,
  };
}
