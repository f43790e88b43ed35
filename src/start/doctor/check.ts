import { CopydockError } from '../../loads/errors.js';
import { printable } from '../../loads/printable.js';
import { hideUrlCredentials } from '../../logger.js';
import { explainDatabaseFault } from '../target-databases.js';

/** `skipped`: it could not be looked at, which hinders no load. */
export type CheckStatus = 'ok' | 'warning' | 'failed' | 'skipped';

export interface Check {
  /** What was looked at: `control database`, `target of production`. */
  subject: string;
  check: string;
  status: CheckStatus;
  found: string;
  /** The way out; null where nothing is wrong. */
  hint: string | null;
}

/** Without the subject, which whoever looks knows. */
export type Finding = Pick<Check, 'status' | 'found' | 'hint'>;

export function ok(found: string): Finding {
  return { status: 'ok', found, hint: null };
}

export function warning(found: string, hint: string): Finding {
  return { status: 'warning', found, hint };
}

export function failed(found: string, hint: string): Finding {
  return { status: 'failed', found, hint };
}

export function skipped(found: string, hint: string): Finding {
  return { status: 'skipped', found, hint };
}

/** What somebody's error says, without a secret and on one line. */
export function explainFault(error: unknown): string {
  const text = error instanceof CopydockError ? error.report.detail : explainDatabaseFault(error);
  const [line = ''] = text.split('\n', 1);
  return printable(hideUrlCredentials(line)).replace(/\.$/, '');
}

export function failedBy(error: unknown, hint: string): Finding {
  return failed(explainFault(error), error instanceof CopydockError ? error.report.hint : hint);
}

/** A look that ends in an error has failed, with this hint. */
export async function look(
  subject: string,
  check: string,
  find: () => Promise<Finding>,
  hint: string,
): Promise<Check> {
  const finding = await find().catch((error: unknown) => failedBy(error, hint));
  return { subject, check, ...finding };
}
