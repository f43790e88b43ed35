import { CopydockError, type ErrorCode } from './errors.js';

export interface RequestProblem {
  code: ErrorCode;
  detail: string;
  field?: string;
  hint?: string;
}

/** A refused request with everything that is wrong with it. The first problem gives code, field and detail. */
export class RequestError extends CopydockError {
  readonly problems: readonly RequestProblem[];

  constructor(first: RequestProblem, ...others: RequestProblem[]) {
    const { code, detail, ...extras } = first;
    super(code, detail, extras);
    this.problems = [first, ...others];
  }
}
