import { notNullPosition } from '../../postgres/target-database/row-checks.js';
import type { Plan } from './plan-document.js';

interface NamingError extends Error {
  table?: string | undefined;
  detail?: string | undefined;
  constraint?: string;
}

/**
 * PostgreSQL names the table that refused a row: one of the plan's own, which its users have never heard of. Puts the
 * target's name there instead, and calls a column that is null what it would be called there.
 */
export function nameTarget(error: unknown, { stagingTable, plan }: Plan): void {
  if (!(error instanceof Error)) return;
  const fault: NamingError = error;
  const name = new RegExp(`${stagingTable}(_new|_old)?`, 'g');
  fault.message = fault.message.replace(name, plan.target.table);
  fault.detail = fault.detail?.replace(name, plan.target.table);
  fault.table = fault.table?.replace(name, plan.target.table);
  const column = plan.staging.columns[notNullPosition(fault.constraint)]?.name;
  if (column !== undefined) Object.assign(fault, { code: '23502', column });
}
