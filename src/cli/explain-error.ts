import { ConfigError } from '../config.js';
import { CopydockError } from '../loads/errors.js';
import { hideUrlCredentials } from '../logger.js';
import { EXIT } from './exit-codes.js';
import { UsageError } from './usage-error.js';

export interface Explanation {
  exitCode: number;
  lines: string[];
}

/** Errors of these names are mistakes in the code, where the stack is the explanation. */
const MISTAKES = new Set(['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError', 'AssertionError']);

/** What ended a command, for the one who typed it: no stack unless the program itself is at fault. */
export function explainError(error: unknown): Explanation {
  if (error instanceof UsageError) return { exitCode: EXIT.usage, lines: [error.message] };
  if (error instanceof ConfigError) {
    return {
      exitCode: EXIT.configuration,
      lines: ['The configuration is not valid:', ...error.problems.map((problem) => `  ${problem}`)],
    };
  }
  if (error instanceof CopydockError) {
    return {
      exitCode: EXIT.failure,
      lines: [error.report.detail, `  ${error.report.hint}`, ...causeOf(error)],
    };
  }
  return { exitCode: EXIT.failure, lines: [describe(error)] };
}

/** The database's own words, such as "password authentication failed", which answers over HTTP never show. */
function causeOf({ cause }: Error): string[] {
  return cause === undefined ? [] : [`  ${describe(cause)}`];
}

/** A refused connection to a name with several addresses has no message of its own. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0]);
  if (!(error instanceof Error)) return hideUrlCredentials(String(error));
  return hideUrlCredentials((MISTAKES.has(error.name) && error.stack) || error.message || error.name);
}
