import type { JsonObject } from './json-object.js';
import type { RequestProblem } from './request-problem.js';

/** Fields of the contract that this version does not carry out, with the way to do without. */
export const LATER_FIELDS: Readonly<Record<string, string>> = {
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
  return problems;
}
